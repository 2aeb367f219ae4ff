using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Skald;

namespace ParkingOrchestration.Booking;

/// <summary>Owns the bookings and orchestrates their saga.</summary>
public sealed class BookingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "parking-orchestration";

    /// <inheritdoc/>
    public override string Name => "booking";

    /// <inheritdoc/>
    public override int? DefaultPort => 8001;

    /// <inheritdoc/>
    public override IReadOnlyList<HealthPath> HealthPaths => [new("/", "Booking server is running"), new("/health", "Booking server is running")];

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs => BookingVerbs.All;

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => BookingJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.Services.AddValidation();
        skald.AddSaga<BookingSaga>();
        foreach (var statement in Bookings.Schema)
        {
            skald.AddSchema(statement);
        }
    }

    /// <inheritdoc/>
    public override void Map(IEndpointRouteBuilder routes, SkaldService service) => BookingEndpoints.Map(routes, service);
}
