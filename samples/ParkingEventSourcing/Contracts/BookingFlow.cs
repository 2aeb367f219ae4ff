using Skald;

namespace ParkingEventSourcing.Contracts;

/// <summary>
/// People take a booking from step to step, at their own pace. Parking follows, and objects when the slot is not to be had; then
/// the booking is cancelled.
/// </summary>
public sealed class BookingFlow : Flow
{
    private const string Booking = "booking";
    private const string Parking = "parking";

    /// <inheritdoc/>
    protected override void Define(FlowBuilder flow)
    {
        ArgumentNullException.ThrowIfNull(flow);

        flow.StartsWith<BookingCreated>(by: Booking).UndoneBy<BookingCancelled>();
        flow.Event<BookingReserved>(by: Booking).UndoneBy<BookingCancelled>();
        flow.Event<SlotUnavailable>(by: Parking).NothingToUndo("the slot stays as it is");
        flow.CompletesWith<BookingCompleted>(by: Booking);
        flow.EndsUndoneWith<BookingCancelled>(by: Booking);

        flow.After<BookingCreated>().Expect<SlotUnavailable>().Or<BookingReserved>().Or<BookingCancelled>();
        flow.After<BookingReserved>().Expect<SlotUnavailable>().Or<BookingCompleted>().Or<BookingCancelled>();
        flow.After<SlotUnavailable>().Expect<BookingCancelled>().Or<BookingCompleted>();
    }
}
