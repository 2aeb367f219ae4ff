using System.Text.Json.Serialization.Metadata;
using Skald;

namespace ParkingOrchestration.Billing;

/// <summary>Owns the bills.</summary>
public sealed class BillingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "parking-orchestration";

    /// <inheritdoc/>
    public override string Name => "billing";

    /// <inheritdoc/>
    public override int? DefaultPort => 8002;

    /// <inheritdoc/>
    public override IReadOnlyList<HealthPath> HealthPaths => [new("/", "Billing server is running"), new("/health", "Billing server is running")];

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs => BillingVerbs.All;

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => BillingJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddHandlers<BillingHandlers>().AddSchema(FailNext.Schema);
        foreach (var statement in Bills.Schema)
        {
            skald.AddSchema(statement);
        }
    }
}
