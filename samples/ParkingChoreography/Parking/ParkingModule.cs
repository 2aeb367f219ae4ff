using System.Text.Json.Serialization.Metadata;
using ParkingChoreography.Contracts;
using Skald;

namespace ParkingChoreography.Parking;

/// <summary>Owns the slots.</summary>
public sealed class ParkingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "parking-choreography";

    /// <inheritdoc/>
    public override string Name => "parking";

    /// <inheritdoc/>
    public override int? DefaultPort => 8002;

    /// <summary>The original says this of itself.</summary>
    public override IReadOnlyList<HealthPath> HealthPaths => [new("/health", "Manager server is running")];

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs => ParkingVerbs.All;

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => ParkingJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddBookingFlow().AddHandlers<ParkingHandlers>().AddSchema(ParkingSlots.Schema);
    }
}
