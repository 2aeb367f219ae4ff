using Skald;

namespace ParkingOrchestration.Booking;

/// <summary>Booking's command line.</summary>
internal static class BookingVerbs
{
    public static readonly Verb[] All =
    [
        new("create_booking_request", "Books a slot and waits until the booking has ended.", CreateAsync)
        {
            Parameters = [VerbParameter.Required<string>("parking_slot_uuid", "The slot's uuid.")],
            Waits = true,
        },
        new("booking_list", "Lists all bookings.", async context => await context.Service.BookingsAsync(context.CancellationToken)),
        new("booking_details_by_parking_ref_no", "Shows the booking of a reference.", DetailsAsync)
        {
            Parameters = [VerbParameter.Required<string>("uuid", "The full reference: slot uuid, colon, booking uuid.")],
        },
    ];

    private static async Task<object?> CreateAsync(VerbContext context)
    {
        var text = context.Get<string>("parking_slot_uuid");
        if (!Guid.TryParse(text, out var slot))
        {
            throw new RefusedException($"'{text}' is not a uuid. List the slots with parking_slot_list.");
        }

        var start = await context.Service.StartAsync<BookingSaga, BookingState>(new BookingState(slot.ToString()));
        var saga = await context.WaitForAsync(() => EndedAsync(context, start.Id), () => WaitedForAsync(context, start));
        var booking = await context.Service.BookingAsync(start.State.Id, context.CancellationToken)
            ?? throw new RefusedException($"The booking could not be created: {saga.Failure?.Message}");
        return new VerbOutcome(booking, booking.Status == "completed" ? 0 : 1, HowItEnded(booking, saga));
    }

    /// <summary>The saga once it will not go on by itself.</summary>
    private static async Task<SagaSnapshot?> EndedAsync(VerbContext context, SagaId id) =>
        await context.Service.FindSagaAsync(id, context.CancellationToken) is { } saga && (saga.Status.IsFinal() || saga.Status == SagaStatus.Parked)
            ? saga
            : null;

    private static async Task<string> WaitedForAsync(VerbContext context, SagaStart<BookingState> start)
    {
        var saga = await context.Service.FindSagaAsync(start.Id, context.CancellationToken);
        return $"Booking {start.State.Id} is still {saga?.Status.Word()}: waiting for '{saga?.Step}'. "
            + "Check that booking, billing and parking are being served, and look again with booking_list.";
    }

    private static string? HowItEnded(BookingView booking, SagaSnapshot saga) => saga.Failure is null && saga.ParkReason is null
        ? null
        : $"Booking {booking.Id} ended {booking.Status} at '{saga.FailedStep}': {saga.Failure?.Message}"
            + (saga.ParkReason is { } reason ? $" Its saga {saga.Id} waits for a person: {reason}." : "");

    private static async Task<object?> DetailsAsync(VerbContext context)
    {
        var reference = context.Get<string>("uuid");
        return await context.Service.BookingAsync(reference, context.CancellationToken)
            ?? throw new RefusedException($"No booking has reference '{reference}'. List them with booking_list.");
    }
}
