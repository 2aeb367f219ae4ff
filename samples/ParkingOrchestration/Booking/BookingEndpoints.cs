using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Skald;

namespace ParkingOrchestration.Booking;

/// <summary>Booking's HTTP.</summary>
internal static class BookingEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, SkaldService service)
    {
        routes.MapPost("/bookings", (BookingRequest request, HttpContext http) => CreateAsync(request, http, service));
        routes.MapGet("/bookings", (CancellationToken cancellationToken) => service.BookingsAsync(cancellationToken));
        routes.MapGet("/bookings/{id}", (string id, CancellationToken cancellationToken) => FindAsync(id, service, cancellationToken));
    }

    private static async Task<Accepted<BookingView>> CreateAsync(BookingRequest request, HttpContext http, SkaldService service)
    {
        // Its rule is kept: it is a uuid, in whatever form.
        var slot = Guid.Parse(request.ParkingSlotUuid!);
        var (_, booking, _) = await service.StartAsync<BookingSaga, BookingState>(new BookingState(slot.ToString()), cancellationToken: http.RequestAborted);
        var location = $"{http.Request.PathBase}{http.Request.Path.Value?.TrimEnd('/')}/{booking.Id}";
        return TypedResults.Accepted(location, new BookingView(booking.Id, "pending", booking.ParkingSlotRefNo));
    }

    private static async Task<Results<Ok<BookingView>, ProblemHttpResult>> FindAsync(string id, SkaldService service, CancellationToken cancellationToken)
    {
        var booking = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? await service.BookingAsync(number, cancellationToken)
            : null;
        return booking is null
            ? TypedResults.Problem($"No booking has id '{id}'.", statusCode: StatusCodes.Status404NotFound)
            : TypedResults.Ok(booking);
    }
}
