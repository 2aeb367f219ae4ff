using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Routing;
using ParkingEventSourcing.Contracts;
using Skald;

namespace ParkingEventSourcing.Booking;

/// <summary>Owns the bookings: their events, and the list that is made of them.</summary>
public sealed class BookingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "parking-event-sourcing";

    /// <inheritdoc/>
    public override string Name => "booking";

    /// <inheritdoc/>
    public override int? DefaultPort => 8000;

    /// <inheritdoc/>
    public override IReadOnlyList<HealthPath> HealthPaths => [new("/health", "Booking server is running")];

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs => BookingVerbs.All;

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => BookingJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddAggregate<BookingAggregate>()
            .AddProjection<BookingList>(projection => projection.UseProjectorStore(this))
            .AddFlow<BookingFlow>()
            .AddHandlers<ParkingHandlers>();
    }

    /// <inheritdoc/>
    public override void Map(IEndpointRouteBuilder routes, SkaldService service) => BookingEndpoints.Map(routes, service);
}
