using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Skald;

namespace Storefront;

/// <summary>How long each service may take before an order counts as stuck.</summary>
/// <param name="Time"><c>STOREFRONT_DEADLINE_SECONDS</c> for the frontend; 30 seconds unless set.</param>
public sealed record StepDeadline(TimeSpan Time)
{
    private const string Variable = "STOREFRONT_DEADLINE_SECONDS";

    /// <summary>Reads the variable.</summary>
    /// <exception cref="ArgumentException">It is not a number of its range.</exception>
    public static StepDeadline FromEnvironment()
    {
        var text = Environment.GetEnvironmentVariable(Variable);
        return string.IsNullOrEmpty(text) ? new StepDeadline(TimeSpan.FromSeconds(30))
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.1 and <= 86_400
                ? new StepDeadline(TimeSpan.FromSeconds(seconds))
                : throw new ArgumentException($"{Variable} is '{text}'; it must be a number of seconds from 0.1 to 86400.");
    }
}

/// <summary>What every service of the storefront adds.</summary>
public static class StorefrontServices
{
    /// <summary>Takes part in the order's flow.</summary>
    public static SkaldBuilder AddOrderFlow(this SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.Services.TryAddSingleton(_ => StepDeadline.FromEnvironment());
        return skald.AddFlow<OrderFlow>();
    }
}
