using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using ParkingEventSourcing.Contracts;
using Skald;

namespace ParkingEventSourcing.Parking;

/// <summary>Owns the slots.</summary>
public sealed class ParkingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "parking-event-sourcing";

    /// <inheritdoc/>
    public override string Name => "parking";

    /// <inheritdoc/>
    public override int? DefaultPort => 8001;

    /// <inheritdoc/>
    public override IReadOnlyList<HealthPath> HealthPaths => [new("/health", "Parking server is running")];

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs => ParkingVerbs.All;

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => ParkingJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddFlow<BookingFlow>().AddHandlers<BookingHandlers>()
            .AddSchema(ParkingSlots.Schema).AddSchema(SlotClaims.Schema).AddSchema(SlotClaims.Index);
    }

    /// <inheritdoc/>
    public override void Map(IEndpointRouteBuilder routes, SkaldService service) =>
        routes.MapGet("/slots", (CancellationToken cancellationToken) => ParkingSlots.AllAsync(service, cancellationToken));
}
