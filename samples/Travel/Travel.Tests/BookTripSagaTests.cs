using Skald;
using Skald.Testing;
using Travel.Cars;
using Travel.Flights;
using Travel.Hotel;
using Travel.Payments;
using Travel.Trips;

namespace Travel.Tests;

public sealed class BookTripSagaTests
{
    private static readonly TimeSpan s_approvalWithin = TimeSpan.FromDays(2);
    private static readonly Trip s_trip = new("T1", "Ann", "SK1", "double", "van", 900);
    private static readonly TripApproved s_approved = new("Ben");
    private static readonly Charged s_charged = new("R-T1");
    private static readonly TicketIssued s_issued = new("SK1-T1");

    [Fact]
    public void An_approved_trip_is_charged_ticketed_and_confirmed() =>
        Reserved()
            .Raises(s_approved)
            .Sends(new Charge("T1", 900)).Replies(s_charged)
            .Sends(new IssueTicket("T1", "Ann")).Replies(s_issued)
            .SendsNothing().IsNow(SagaStatus.Completed).StateIs(t => (t.ApprovedBy, t.Receipt, t.Ticket) == ("Ben", "R-T1", "SK1-T1"));

    [Fact]
    public void Without_a_seat_room_and_car_are_released() =>
        Released(Given()
            .Refuses("reserve a seat", new Refusal("FlightFull", "There is no seat left on SK1."))
            .Acknowledges("reserve a room")
            .Acknowledges("reserve a car"), seat: false);

    [Fact]
    public void A_trip_that_is_turned_down_is_released() =>
        Released(Reserved().Raises(new TripTurnedDown("Ben")).FailedAt("approval", "TurnedDown"));

    [Fact]
    public void A_trip_that_nobody_looks_at_is_released() =>
        Released(Reserved().After(s_approvalWithin).FailedAt("approval", "Timeout"));

    [Fact]
    public void A_declined_card_releases_everything() =>
        Released(Reserved().Raises(s_approved).Sends(new Charge("T1", 900)).Refuses("CardDeclined"));

    // Nobody knows whether it was charged: it is refunded before the rest is released.
    [Fact]
    public void A_bank_that_does_not_answer_is_told_to_refund() =>
        Released(Reserved().Raises(s_approved).Sends(new Charge("T1", 900)).TimesOut().Sends(new Refund("T1")).Acknowledges());

    // Every order in which answers, deadlines, repeats and crashes can come, some of them at a time: three steps side by side have many.
    [Fact]
    public void No_late_answer_repeat_or_cancellation_needs_a_person() =>
        Assert.Equal([SagaStatus.Completed, SagaStatus.Compensated], Ends(Faults.None with { Timeouts = 1, Duplicates = 1, Cancels = 1 }).Order());

    // A ticket that cannot be issued is for a person: the trip is paid.
    [Fact]
    public void Every_story_with_a_refusal_and_a_late_answer_ends() => Assert.Contains(SagaStatus.Completed, Ends(Faults.None with { Refusals = 1, Timeouts = 1 }));

    [Fact]
    public void Every_story_with_a_crash_and_a_repeat_ends() => Assert.Contains(SagaStatus.Completed, Ends(Faults.None with { Losses = 1, Duplicates = 1 }));

    private static IEnumerable<SagaStatus> Ends(Faults faults) =>
        SagaVerifier.For(new BookTripSaga(new ApprovalTime(s_approvalWithin), new Confirmations()).Plan())
            .StartedWith(s_trip).WithSample(s_approved).WithSample(new TripTurnedDown("Ben")).WithSample(s_charged).WithSample(s_issued)
            .WithLocal((_, _, trip) => trip)
            .Faults(_ => faults)
            .Verify().ShouldHold().Ends.Keys;

    private static SagaSpec<Trip> Given() =>
        SagaSpec.Given(new BookTripSaga(new ApprovalTime(s_approvalWithin), new Confirmations()), s_trip)
            .WithLocal((_, _, trip) => trip)
            .Sends(new ReserveSeat("T1", "SK1"))
            .Sends(new ReserveRoom("T1", "double"))
            .Sends(new ReserveCar("T1", "van"));

    private static SagaSpec<Trip> Reserved() =>
        Given().Acknowledges("reserve a seat").Acknowledges("reserve a room").Acknowledges("reserve a car").SendsNothing();

    private static void Released(SagaSpec<Trip> trip, bool seat = true)
    {
        if (seat)
        {
            trip.Sends(new ReleaseSeat("T1")).Acknowledges("reserve a seat");
        }

        trip.Sends(new ReleaseRoom("T1")).Acknowledges("reserve a room")
            .Sends(new ReleaseCar("T1")).Acknowledges("reserve a car")
            .SendsNothing().IsNow(SagaStatus.Compensated);
    }
}
