using System.Text.Json.Serialization.Metadata;
using Skald;

namespace ParkingOrchestration.Parking;

/// <summary>Owns the slots.</summary>
public sealed class ParkingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "parking-orchestration";

    /// <inheritdoc/>
    public override string Name => "parking";

    /// <inheritdoc/>
    public override int? DefaultPort => 8000;

    /// <inheritdoc/>
    public override IReadOnlyList<HealthPath> HealthPaths => [new("/", "Parking server is running"), new("/health", "Parking server is running")];

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs => ParkingVerbs.All;

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => ParkingJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddHandlers<ParkingHandlers>().AddSchema(ParkingSlots.Schema).AddSchema(FailNext.Schema);
    }
}
