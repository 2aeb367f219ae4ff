using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace ParkingChoreography.Contracts;

/// <summary>How long the flow waits for whom, from the host's settings.</summary>
public sealed class BookingTimes
{
    private const double Longest = 30 * 24 * 3600;

    /// <summary>Seconds for the customer's money.</summary>
    /// <value>0.1 to 30 days; 900 unless set.</value>
    [ConfigurationKeyName("PARKING_PAYMENT_SECONDS"), Range(0.1, Longest, ErrorMessage = "PARKING_PAYMENT_SECONDS must be {1} to {2}.")]
    public double PaymentSeconds { get; set; } = 900;

    /// <summary>Seconds for a service's answer, before the flow counts as stuck.</summary>
    /// <value>0.1 to 30 days; 60 unless set.</value>
    [ConfigurationKeyName("PARKING_ANSWER_SECONDS"), Range(0.1, Longest, ErrorMessage = "PARKING_ANSWER_SECONDS must be {1} to {2}.")]
    public double AnswerSeconds { get; set; } = 60;

    internal TimeSpan Payment => TimeSpan.FromSeconds(PaymentSeconds);

    internal TimeSpan Answer => TimeSpan.FromSeconds(AnswerSeconds);
}

[OptionsValidator]
internal sealed partial class BookingTimesValidator : IValidateOptions<BookingTimes>;
