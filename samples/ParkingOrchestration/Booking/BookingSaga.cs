using ParkingOrchestration.Contracts;
using Skald;
using Skald.Definition;

namespace ParkingOrchestration.Booking;

/// <summary>
/// Create the booking; block the slot; approve; take the money; then, with no way back, reserve the slot and complete.
/// </summary>
/// <remarks>
/// The undo of the first step runs last, so it alone says how a booking ended: the slot is free and the money
/// returned before anybody reads <c>rejected</c> or <c>failed</c>.
/// </remarks>
public sealed class BookingSaga : Saga<BookingState>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    // Then a person: whoever waits for the booking learns within half a minute how it ended.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly RetryPolicy UndoTries = new(2, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

    /// <inheritdoc/>
    protected override void Define(SagaBuilder<BookingState> saga)
    {
        ArgumentNullException.ThrowIfNull(saga);

        // The reference is made with the booking.
        saga.Key(b => b.ParkingSlotRefNo.Length == 0 ? null : b.ParkingSlotRefNo);
        saga.Summary(b => $"booking {b.Id} of {b.Total:0.00}");

        saga.Step("create booking").Do(Bookings.Create).Undo(Bookings.Close);

        saga.Step("block slot").Send(b => new BlockSlot(b.ParkingSlotUuid, b.ParkingSlotRefNo))
            .Undo(b => new UnblockSlot(b.ParkingSlotUuid, b.ParkingSlotRefNo))
            .Within(Deadline).RetryUndo(UndoTries).ParkAfter(Patience);

        saga.Step("approve booking").Do(Bookings.Approve)
            .NothingToUndo("closing the booking replaces the approval");

        saga.Step("pay bill").Send(b => new PayBill(b.ParkingSlotRefNo, b.Total))
            .OnReply((b, _) => b with { Paid = true })
            .Undo(b => new RefundBill(b.ParkingSlotRefNo))
            .Within(Deadline).RetryUndo(UndoTries).ParkAfter(Patience);

        saga.Pivot("reserve slot").Send(b => new ReserveSlot(b.ParkingSlotUuid, b.ParkingSlotRefNo))
            .NothingToUndo("unblocking frees a reserved slot too")
            .Within(Deadline);

        saga.Retriable("complete booking").Do(Bookings.Complete);
    }
}
