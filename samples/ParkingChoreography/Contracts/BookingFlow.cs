using Microsoft.Extensions.Options;
using Skald;

namespace ParkingChoreography.Contracts;

/// <summary>
/// A booking is created; when its bill is paid, parking reserves the slot, or finds it unavailable and the money is returned.
/// When nobody pays in time, billing cancels the bill.
/// </summary>
/// <param name="options">How long is waited for whom.</param>
public sealed class BookingFlow(IOptions<BookingTimes> options) : Flow
{
    private const string Booking = "booking";
    private const string Billing = "billing";
    private const string Parking = "parking";

    /// <inheritdoc/>
    protected override void Define(FlowBuilder flow)
    {
        ArgumentNullException.ThrowIfNull(flow);
        var times = options.Value;

        flow.StartsWith<BookingCreated>(by: Booking).UndoneBy<ParkingUnavailable>().UndoneBy<BillCancelled>();
        flow.Event<BillPaid>(by: Billing).UndoneBy<ParkingUnavailable>();
        flow.CompletesWith<BookingReserved>(by: Parking);
        flow.Event<ParkingUnavailable>(by: Parking).NothingToUndo("the slot is another's and stays as it is");
        flow.EndsUndoneWith<BillRefunded>(by: Billing);
        flow.EndsUndoneWith<BillCancelled>(by: Billing);

        flow.After<BookingCreated>().Expect<BillPaid>().Within(times.Payment).ElseRaise(reference => new PaymentOverdue(reference));
        flow.After<BillPaid>().Expect<BookingReserved>().Or<ParkingUnavailable>().Within(times.Answer);
        flow.After<ParkingUnavailable>().Expect<BillRefunded>().Within(times.Answer);
        // The money may have come at the last moment: billing's answer is then that the bill is paid.
        flow.After<PaymentOverdue>().Expect<BillCancelled>().Or<BillPaid>().Within(times.Answer);
    }
}
