using ParkingOrchestration.Booking;
using ParkingOrchestration.Contracts;
using Skald.Testing;

namespace Skald.EndToEnd;

/// <summary>The booking saga's rules, without processes.</summary>
public sealed class ParkingSagaSpecs(ITestOutputHelper output)
{
    private const string Slot = "5c8f5e8e-2f0c-4c7b-9a43-1d6b6d5e7f00";
    private const string Reference = Slot + ":1";

    [Fact]
    public void A_booking_blocks_pays_reserves_and_completes() =>
        Booking()
            .Sends(new BlockSlot(Slot, Reference)).Replies(new ParkingAvailable(Slot))
            .Sends(new PayBill(Reference, 100.00m)).Replies(new BillPaid(Reference, 100.00m))
            .Sends(new ReserveSlot(Slot, Reference)).Replies(new ParkingReserved(Slot))
            .SendsNothing().IsNow(SagaStatus.Completed);

    [Fact]
    public void A_slot_that_was_never_ours_is_not_unblocked() =>
        Booking()
            .Sends(new BlockSlot(Slot, Reference)).Refuses("ParkingUnavailable")
            .SendsNothing().IsNow(SagaStatus.Compensated).StateIs(b => !b.Paid);

    [Fact]
    public void A_refused_payment_unblocks_the_slot_and_refunds_nothing() =>
        Booking()
            .Sends(new BlockSlot(Slot, Reference)).Replies(new ParkingAvailable(Slot))
            .Sends(new PayBill(Reference, 100.00m)).Refuses("BillFailed")
            .Sends(new UnblockSlot(Slot, Reference)).Acknowledges()
            .SendsNothing().IsNow(SagaStatus.Compensated).StateIs(b => !b.Paid);

    [Fact]
    public void A_refused_reservation_refunds_and_then_unblocks() =>
        Paid()
            .Sends(new ReserveSlot(Slot, Reference)).Refuses("ParkingReservationFailed")
            .Sends(new RefundBill(Reference)).Acknowledges()
            .Sends(new UnblockSlot(Slot, Reference)).Acknowledges()
            .SendsNothing().IsNow(SagaStatus.Compensated).StateIs(b => b.Paid);

    [Fact]
    public void A_reservation_whose_answer_is_overdue_is_given_up_and_the_slot_freed() =>
        Paid()
            .Sends(new ReserveSlot(Slot, Reference)).TimesOut()
            .Sends(new RefundBill(Reference)).Acknowledges()
            .Sends(new UnblockSlot(Slot, Reference)).Acknowledges()
            .IsNow(SagaStatus.Compensated);

    [Fact]
    public void Every_story_of_a_booking_ends_as_promised()
    {
        var report = SagaVerifier.For(new BookingSaga().Plan())
            .StartedWith(new BookingState(Slot))
            .WithLocal((step, undo, state) => Stored(step, undo, (BookingState)state))
            .WithSample(new BillPaid(Reference, 100.00m))
            .Verify();

        output.WriteLine(report.ToString());
        report.ShouldHold();
    }

    private static SagaSpec<BookingState> Booking() => SagaSpec.Given(new BookingSaga(), new BookingState(Slot)).WithLocal((step, undo, state) => Stored(step, undo, state));

    private static SagaSpec<BookingState> Paid() =>
        Booking()
            .Sends(new BlockSlot(Slot, Reference)).Replies(new ParkingAvailable(Slot))
            .Sends(new PayBill(Reference, 100.00m)).Replies(new BillPaid(Reference, 100.00m));

    /// <summary>Stands in for the bookings table, which gives a booking its number and reference.</summary>
    private static BookingState Stored(string step, bool undo, BookingState booking) =>
        step == "create booking" && !undo ? booking with { Id = 1, ParkingSlotRefNo = Reference } : booking;
}
