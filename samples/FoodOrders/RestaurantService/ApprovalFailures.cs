using System.Globalization;

namespace FoodOrders.Restaurants;

/// <summary>The original's failure switch: approving a ticket fails now and then, drawn for each attempt.</summary>
/// <param name="probability">0 for never to 1 for always.</param>
/// <param name="random">The source of chance.</param>
public sealed class ApprovalFailures(double probability, Random random)
{
    private readonly Lock _lock = new();

    /// <summary>Draws.</summary>
    public bool Strikes()
    {
        // Random is not made for several threads.
        lock (_lock)
        {
            return random.NextDouble() < probability;
        }
    }

    /// <summary><c>FOOD_ORDERS_APPROVAL_FAILURE_PROBABILITY</c>, 0 unless set; the original's is 0.3.</summary>
    /// <exception cref="ArgumentException">It is not a number from 0 to 1.</exception>
    public static double ProbabilityFromEnvironment()
    {
        const string Variable = "FOOD_ORDERS_APPROVAL_FAILURE_PROBABILITY";
        var text = Environment.GetEnvironmentVariable(Variable);
        return string.IsNullOrEmpty(text) ? 0
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1 ? value
            : throw new ArgumentException($"{Variable} is '{text}'; it must be a number from 0 to 1.");
    }
}
