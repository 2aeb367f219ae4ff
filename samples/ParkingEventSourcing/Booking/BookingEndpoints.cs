using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Skald;

namespace ParkingEventSourcing.Booking;

/// <summary>Booking's HTTP: for looking.</summary>
internal static class BookingEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, SkaldService service)
    {
        routes.MapGet("/bookings", (CancellationToken cancellationToken) => BookingList.AllAsync(service, cancellationToken));
        routes.MapGet("/bookings/{id:guid}", async (Guid id, CancellationToken cancellationToken) =>
            await BookingList.FindAsync(service, id, cancellationToken) is { } row ? Results.Ok(row) : NotFound(id));
        routes.MapGet("/bookings/{id:guid}/events", async (Guid id, CancellationToken cancellationToken) =>
            await BookingHistory.ReadAsync(service, id, metadata: true, cancellationToken) is { Count: > 0 } events ? Results.Ok(events) : NotFound(id));
    }

    private static IResult NotFound(Guid id) => Results.Problem($"No booking has uuid '{id}'.", statusCode: StatusCodes.Status404NotFound);
}
