using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FoodOrders.Orders;

/// <summary>How often a refused approval is asked again before the order is given up, from the host's settings.</summary>
public sealed class ApprovalRetries
{
    /// <summary>Tries after the first.</summary>
    /// <value>0 to 100; 2 unless set.</value>
    [ConfigurationKeyName("FOOD_ORDERS_APPROVAL_RETRIES"), Range(0, 100, ErrorMessage = "FOOD_ORDERS_APPROVAL_RETRIES must be {1} to {2}.")]
    public int Retries { get; set; } = 2;

    /// <summary>Seconds waited before each.</summary>
    /// <value>0 to 3,600; 5 unless set.</value>
    [ConfigurationKeyName("FOOD_ORDERS_APPROVAL_RETRY_DELAY_SECONDS"), Range(0, 3600d, ErrorMessage = "FOOD_ORDERS_APPROVAL_RETRY_DELAY_SECONDS must be {1} to {2}.")]
    public double DelaySeconds { get; set; } = 5;

    internal TimeSpan Delay => TimeSpan.FromSeconds(DelaySeconds);
}

[OptionsValidator]
internal sealed partial class ApprovalRetriesValidator : IValidateOptions<ApprovalRetries>;
