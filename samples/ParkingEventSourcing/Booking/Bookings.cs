using ParkingEventSourcing.Contracts;
using Skald;

namespace ParkingEventSourcing.Booking;

/// <summary>What people can do to bookings. Each is one transaction: load, decide, append and publish, or nothing.</summary>
internal static class Bookings
{
    /// <summary>Begins a booking and gives its uuid.</summary>
    public static Task<string> CreateAsync(SkaldService service, Guid slot, string actor) => service.ExecuteAsync(async context =>
    {
        context.Actor = actor;
        // The request's own id is as good a uuid as any, and stays the same should this run twice.
        var booking = await context.LoadAsync<BookingState>(context.MessageId);
        // Who comes second may hope that Parking knows better, or that the first is cancelled.
        await SlotClaim.TryTakeAsync(slot.ToString(), booking.Id, context);
        context.Append(booking, new BookingCreated(slot.ToString()));
        return booking.Id;
    });

    /// <summary>Takes a booking to a status.</summary>
    /// <param name="service">Booking.</param>
    /// <param name="id">The booking.</param>
    /// <param name="change">What happens to it.</param>
    /// <param name="expectedVersion">The version that the caller has seen; null to take it as it is.</param>
    /// <param name="actor">Who asks.</param>
    /// <exception cref="RefusedException">It cannot take that status; nothing is stored.</exception>
    public static async Task ChangeAsync(SkaldService service, Guid id, IBookingEvent change, long? expectedVersion, string actor)
    {
        var refusal = await service.ExecuteAsync(async context =>
        {
            context.Actor = actor;
            var booking = await context.LoadAsync<BookingState>(id);
            if (await RefusalAsync(booking, change.Status, expectedVersion, context) is { } refusal)
            {
                return refusal;
            }

            await AppendAsync(booking, change, context);
            return null;
        });
        if (refusal is not null)
        {
            throw new RefusedException(refusal);
        }
    }

    /// <summary>Cancels a booking whose slot is not to be had, if it gives way.</summary>
    public static async ValueTask GiveWayAsync(string id, bool toAnotherBooking, StepContext context)
    {
        var booking = await context.LoadAsync<BookingState>(id);
        if (booking.State?.GivesWay(toAnotherBooking) == true)
        {
            await AppendAsync(booking, new BookingCancelled(), context);
        }
    }

    private static async ValueTask<string?> RefusalAsync(EventStream<BookingState> booking, string status, long? expectedVersion, StepContext context)
    {
        if (booking.State is not { } state)
        {
            return Unknown(booking.Id);
        }

        if (expectedVersion is { } expected && expected != booking.Version)
        {
            return $"Booking '{booking.Id}' is at version {booking.Version}, not at {expected}: it was changed meanwhile. Look at it with get_booking_events.";
        }

        return state.Refusal(booking.Id, status)
            ?? (status == BookingStatus.Reserved && !await SlotClaim.TryTakeAsync(state.ParkingSlotRefNo, booking.Id, context)
                ? $"Parking slot '{state.ParkingSlotRefNo}' is taken by booking '{await SlotClaim.OfAsync(state.ParkingSlotRefNo, context)}'. Cancel this one with cancel_booking, or that one first."
                : null);
    }

    /// <summary>What is said about a booking that there is not.</summary>
    public static string Unknown(string id) => $"No booking has uuid '{id}'. List them with get_booking_list.";

    private static async ValueTask AppendAsync(EventStream<BookingState> booking, IBookingEvent change, StepContext context)
    {
        context.Append(booking, change);
        if (change is BookingCancelled)
        {
            // Only a booking that exists is changed.
            await SlotClaim.ReleaseAsync(booking.State!.ParkingSlotRefNo, booking.Id, context);
        }
    }
}
