using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FoodOrders.Restaurants;

/// <summary>The original's failure switch: approving a ticket fails now and then, drawn for each attempt.</summary>
/// <param name="options">How often.</param>
/// <param name="random">The source of chance.</param>
public sealed class ApprovalFailures(IOptions<ApprovalFailureOptions> options, Random random)
{
    private readonly Lock _lock = new();

    /// <summary>Draws.</summary>
    public bool Strikes()
    {
        // Random is not made for several threads.
        lock (_lock)
        {
            return random.NextDouble() < options.Value.Probability;
        }
    }
}

/// <summary>How often approvals fail, from the host's settings.</summary>
public sealed class ApprovalFailureOptions
{
    /// <summary>0 for never to 1 for always.</summary>
    /// <value>0 unless set; the original's is 0.3.</value>
    [ConfigurationKeyName("FOOD_ORDERS_APPROVAL_FAILURE_PROBABILITY"), Range(0, 1d, ErrorMessage = "FOOD_ORDERS_APPROVAL_FAILURE_PROBABILITY must be {1} to {2}.")]
    public double Probability { get; set; }
}

[OptionsValidator]
internal sealed partial class ApprovalFailureOptionsValidator : IValidateOptions<ApprovalFailureOptions>;
