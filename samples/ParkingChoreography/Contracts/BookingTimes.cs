using System.Globalization;

namespace ParkingChoreography.Contracts;

/// <summary>How long the flow waits for whom.</summary>
/// <param name="Payment">For the customer's money; <c>PARKING_PAYMENT_SECONDS</c>, 900 unless set.</param>
/// <param name="Answer">For a service's answer, before the flow counts as stuck; <c>PARKING_ANSWER_SECONDS</c>, 60 unless set.</param>
public sealed record BookingTimes(TimeSpan Payment, TimeSpan Answer)
{
    private const double Longest = 30 * 24 * 3600;

    /// <summary>Reads the two variables.</summary>
    /// <exception cref="ArgumentException">One is not a number of its range.</exception>
    public static BookingTimes FromEnvironment() => new(Read("PARKING_PAYMENT_SECONDS", 900), Read("PARKING_ANSWER_SECONDS", 60));

    private static TimeSpan Read(string variable, double unlessSet)
    {
        var text = Environment.GetEnvironmentVariable(variable);
        return TimeSpan.FromSeconds(
            string.IsNullOrEmpty(text) ? unlessSet
            : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.1 and <= Longest ? seconds
            : throw new ArgumentException($"{variable} is '{text}'; it must be a number of seconds from 0.1 to {Longest}."));
    }
}
