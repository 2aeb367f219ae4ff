using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Skald;

/// <summary>Adds what the engine tells to OpenTelemetry. Both are named <c>Skald</c>.</summary>
public static class SkaldOpenTelemetryExtensions
{
    private const string Name = "Skald";

    /// <summary>Exports the spans of sagas, messages, handlers, steps and projections.</summary>
    public static TracerProviderBuilder AddSkaldInstrumentation(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource(Name);
    }

    /// <summary>Exports the metrics; <c>docs/logs.md</c> lists them.</summary>
    public static MeterProviderBuilder AddSkaldInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter(Name);
    }
}
