using System.Globalization;

namespace FoodOrders.Orders;

/// <summary>How often a refused approval is asked again before the order is given up.</summary>
/// <param name="Retries">Tries after the first; <c>FOOD_ORDERS_APPROVAL_RETRIES</c>, 2 unless set.</param>
/// <param name="Delay">Waited before each; <c>FOOD_ORDERS_APPROVAL_RETRY_DELAY_SECONDS</c>, 5 unless set.</param>
public sealed record ApprovalRetries(int Retries, TimeSpan Delay)
{
    /// <summary>Reads the two variables.</summary>
    /// <exception cref="ArgumentException">One is not a number of its range.</exception>
    public static ApprovalRetries FromEnvironment() => new(
        (int)Read("FOOD_ORDERS_APPROVAL_RETRIES", 2, most: 100),
        TimeSpan.FromSeconds(Read("FOOD_ORDERS_APPROVAL_RETRY_DELAY_SECONDS", 5, most: 3600)));

    private static double Read(string variable, double unlessSet, double most)
    {
        var text = Environment.GetEnvironmentVariable(variable);
        return string.IsNullOrEmpty(text) ? unlessSet
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0 && value <= most ? value
            : throw new ArgumentException($"{variable} is '{text}'; it must be a number from 0 to {most}.");
    }
}
