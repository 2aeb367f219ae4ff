using System.Text.Json.Serialization.Metadata;
using ParkingChoreography.Contracts;
using Skald;

namespace ParkingChoreography.Billing;

/// <summary>Owns the bills and the money.</summary>
public sealed class BillingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "parking-choreography";

    /// <inheritdoc/>
    public override string Name => "billing";

    /// <inheritdoc/>
    public override int? DefaultPort => 8001;

    /// <inheritdoc/>
    public override IReadOnlyList<HealthPath> HealthPaths => [new("/health", "Billing server is running")];

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs => BillingVerbs.All;

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => BillingJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddBookingFlow().AddHandlers<BillingHandlers>();
        foreach (var statement in Bills.Schema.Concat(Money.Schema))
        {
            skald.AddSchema(statement);
        }
    }
}
