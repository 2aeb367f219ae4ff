using Microsoft.Extensions.Options;
using ParkingChoreography.Contracts;
using Skald.Decisions;
using Skald.Definition;

namespace Skald.EndToEnd;

/// <summary>What the flow's declaration promises, without processes.</summary>
public sealed class ChoreographyFlowSpecs
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly FlowPlan Plan = new BookingFlow(Options.Create(new BookingTimes())).Plan();

    [Fact]
    public void Booking_keeps_the_flow_and_each_service_hears_what_it_must()
    {
        Assert.Equal("booking", Plan.Owner);
        Assert.Equal(["billing"], Listeners("CREATE_BOOKING_EVENT"));
        Assert.Equal(["parking"], Listeners("BILL_PAID_EVENT"));
        Assert.Equal(["billing", "booking"], Listeners("PARKING_UNAVAILABLE_EVENT"));
        Assert.Equal(["billing"], Listeners("PAYMENT_OVERDUE_EVENT"));
    }

    [Theory]
    [InlineData(FlowStatus.Completed, "CREATE_BOOKING_EVENT", "BILL_PAID_EVENT", "RESERVED_BOOKING_EVENT")]
    [InlineData(FlowStatus.Completed, "CREATE_BOOKING_EVENT", "PAYMENT_OVERDUE_EVENT", "BILL_PAID_EVENT", "RESERVED_BOOKING_EVENT")]
    [InlineData(FlowStatus.Undone, "CREATE_BOOKING_EVENT", "BILL_PAID_EVENT", "PARKING_UNAVAILABLE_EVENT", "BILL_REFUNDED_EVENT")]
    [InlineData(FlowStatus.Undone, "CREATE_BOOKING_EVENT", "PAYMENT_OVERDUE_EVENT", "BILL_CANCELLED_EVENT")]
    [InlineData(FlowStatus.Running, "CREATE_BOOKING_EVENT", "BILL_PAID_EVENT", "PARKING_UNAVAILABLE_EVENT")]
    [InlineData(FlowStatus.Running, "CREATE_BOOKING_EVENT", "BILL_PAID_EVENT")]
    public void It_ends_when_the_last_event_is_seen_in_whatever_order_they_come(FlowStatus status, params string[] events)
    {
        foreach (var order in Orders(events))
        {
            var flow = New();
            foreach (var @event in order)
            {
                flow = FlowDecider.Saw(Plan, flow, new FlowSighting(@event, "x", Start)).Next;
            }

            Assert.Equal(status, flow.Status);
        }
    }

    [Fact]
    public void A_missing_payment_raises_the_event_that_asks_billing_and_then_waits_for_its_judgement()
    {
        var booked = FlowDecider.Saw(Plan, New(), new FlowSighting("CREATE_BOOKING_EVENT", "booking", Start)).Next;
        Assert.Equal(Start.AddMinutes(15), booked.WakeAt);

        var overdue = FlowDecider.Woken(Plan, booked, Start.AddMinutes(15));
        Assert.Equal("PAYMENT_OVERDUE_EVENT", Assert.Single(overdue.Raise).Raised);

        var asked = FlowDecider.Saw(Plan, overdue.Next, new FlowSighting("PAYMENT_OVERDUE_EVENT", "booking", Start.AddMinutes(15))).Next;
        Assert.Equal((FlowStatus.Running, Start.AddMinutes(16)), (asked.Status, asked.WakeAt));
        var unanswered = FlowDecider.Woken(Plan, asked, Start.AddMinutes(16)).Next;
        Assert.Equal(FlowStatus.Stuck, unanswered.Status);
        Assert.Contains("BILL_CANCELLED_EVENT of billing", unanswered.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_paid_booking_that_parking_does_not_answer_is_stuck_at_parking()
    {
        var booked = FlowDecider.Saw(Plan, New(), new FlowSighting("CREATE_BOOKING_EVENT", "booking", Start)).Next;
        var paid = FlowDecider.Saw(Plan, booked, new FlowSighting("BILL_PAID_EVENT", "billing", Start.AddMinutes(3))).Next;

        var stuck = FlowDecider.Woken(Plan, paid, Start.AddMinutes(4)).Next;

        Assert.Equal(FlowStatus.Stuck, stuck.Status);
        Assert.Contains("RESERVED_BOOKING_EVENT of parking", stuck.Reason, StringComparison.Ordinal);
        Assert.Equal(FlowStatus.Completed, FlowDecider.Saw(Plan, stuck, new FlowSighting("RESERVED_BOOKING_EVENT", "parking", Start.AddHours(1))).Next.Status);
    }

    private static IEnumerable<string> Listeners(string @event) => Plan.Listeners(Plan.Find(@event)!).Order();

    private static FlowInstance New() => new() { Id = "slot:booking", Version = 0, Status = FlowStatus.Running, Seen = [], StartedAt = Start };

    private static IEnumerable<string[]> Orders(string[] events) => events.Length <= 1
        ? [events]
        : from first in events
          from rest in Orders([.. events.Where(e => e != first)])
          select (string[])[first, .. rest];
}
