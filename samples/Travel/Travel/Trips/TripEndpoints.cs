using System.Text.Json;
using Skald;

namespace Travel.Trips;

public sealed record TripRequest(string Number, string Traveller, string Flight, string Room, string Car, int Price);

public sealed record Approval(string By, bool Yes);

public sealed record TripView(string Number, string Status, string? WaitsFor, string? Failure, string? Ticket);

/// <summary>Book a trip; approve it or turn it down; look at it.</summary>
public static class TripEndpoints
{
    private static readonly JsonSerializerOptions s_strict = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public static void MapTrips(this IEndpointRouteBuilder routes)
    {
        var trips = routes.ServiceProvider.GetRequiredKeyedService<SkaldService>(Services.Trips);
        routes.MapIdempotentPost("/trips", request => BookAsync(request, trips));
        routes.MapPost("/trips/{number}/approval", (string number, Approval approval, CancellationToken cancellationToken) => ApproveAsync(number, approval, trips, cancellationToken));
        routes.MapGet("/trips/{number}", (string number, CancellationToken cancellationToken) => FindAsync(number, trips, cancellationToken));
    }

    private static async Task<IResult> BookAsync(IdempotentRequest request, SkaldService trips)
    {
        var wish = Read(request.Body);
        await trips.StartAsync<BookTripSaga, Trip>(
            new Trip(wish.Number, wish.Traveller, wish.Flight, wish.Room, wish.Car, wish.Price), request.StartOptions, request.Http.RequestAborted);
        return Results.Accepted($"/trips/{wish.Number}");
    }

    private static async Task<IResult> ApproveAsync(string number, Approval approval, SkaldService trips, CancellationToken cancellationToken)
    {
        var outcome = approval.Yes
            ? await trips.RaiseAsync<BookTripSaga, TripApproved>(number, new TripApproved(approval.By), cancellationToken)
            : await trips.RaiseAsync<BookTripSaga, TripTurnedDown>(number, new TripTurnedDown(approval.By), cancellationToken);
        return outcome switch
        {
            EventOutcome.Unknown => Unknown(number),
            EventOutcome.TooLate => Results.Problem(statusCode: StatusCodes.Status409Conflict, title: $"Trip {number} waits for no approval any more."),
            _ => Results.Ok(new { outcome = outcome.ToString() }),
        };
    }

    private static async Task<IResult> FindAsync(string number, SkaldService trips, CancellationToken cancellationToken) =>
        await trips.FindSagaAsync<BookTripSaga>(number, cancellationToken) is { } saga ? Results.Ok(View(number, saga)) : Unknown(number);

    private static TripView View(string number, SagaSnapshot saga) => new(
        number, saga.Status.Word(), saga.Status.IsFinal() ? null : saga.Step, saga.Failure?.Message, saga.State.Deserialize<Trip>(s_strict)!.Ticket);

    private static IResult Unknown(string number) => Results.Problem(statusCode: StatusCodes.Status404NotFound, title: $"There is no trip {number}.");

    private static TripRequest Read(JsonElement body)
    {
        try
        {
            return body.Deserialize<TripRequest>(s_strict) ?? throw new JsonException();
        }
        catch (JsonException exception)
        {
            throw new BadHttpRequestException("A trip has a number, a traveller, a flight, a room, a car and a price.", exception);
        }
    }
}
