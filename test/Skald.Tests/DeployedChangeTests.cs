using Skald.Definition;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>Every story of a saga whose definition is changed while it is under way.</summary>
public sealed class A_change_that_is_deployed(ITestOutputHelper output)
{
    private static void First(SagaBuilder<Trip> saga)
    {
        saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeat(t.Id));
        saga.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Approver = e.By }).Within(TimeSpan.FromDays(1));
        saga.Step("book room").Send(t => new BookRoom(t.Id)).Undo(t => new CancelRoom(t.Id));
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
        saga.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).ParkIfRefused();
    }

    /// <summary>The state as the new code has it: a member has another name.</summary>
    private sealed record NewTrip(string Id, string? SeatNumber = null, string? Approver = null)
    {
        public required string Currency { get; init; }
    }

    private sealed class Second : Saga<NewTrip>
    {
        public override string Name => "trip";

        public override int Version => 2;

        protected override void Define(SagaBuilder<NewTrip> saga)
        {
            saga.Step("check").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test").Since(2);
            saga.Step("take seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { SeatNumber = r.Seat }).Undo(t => new ReleaseSeat(t.Id)).Formerly("reserve seat", before: 2);
            saga.WaitFor<TripApproved>("consent").OnEvent((t, e) => t with { Approver = e.By }).Within(TimeSpan.FromDays(1)).Formerly("approval", before: 2);
            saga.Step("book room").Send(t => new BookRoom(t.Id)).Undo(t => new CancelRoom(t.Id)).Until(2);
            saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
            saga.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).ParkIfRefused();
            saga.Retriable("send mail").Send(t => new SendMail(t.Id)).ParkIfRefused().Since(2);
            saga.StateChanged(2, s =>
            {
                s["seatNumber"] = s["seat"]?.DeepClone();
                s["currency"] = "EUR";
            }, s => s["seat"] = s["seatNumber"]?.DeepClone());
        }
    }

    [Fact]
    public void Ends_well_whichever_process_has_the_saga()
    {
        var report = Verify(new TestSaga(First), new Second().Plans()[0]);
        output.WriteLine(report.ToString());
        report.ShouldHold();
        Assert.Contains(SagaStatus.Completed, report.Ends.Keys);
    }

    [Fact]
    public void Ends_well_when_the_way_forward_of_a_step_is_gone() => Holds(new TestSaga(First), new TestSaga(
        saga =>
        {
            saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeat(t.Id));
            saga.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Approver = e.By }).Within(TimeSpan.FromDays(1));
            saga.Removed("book room", since: 2).Undo(t => new CancelRoom(t.Id));
            saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
            saga.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).ParkIfRefused();
        },
        version: 2));

    [Fact]
    public void Is_found_out_when_a_step_is_simply_taken_away() => Assert.Contains("the saga has", Verify(new TestSaga(First), new TestSaga(saga =>
    {
        saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
        saga.WaitFor<TripApproved>("approval").Within(TimeSpan.FromDays(1));
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
        saga.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).ParkIfRefused();
    })).Violations[0].Promise, StringComparison.Ordinal);

    [Fact]
    public void Is_found_out_when_a_step_is_renamed_without_a_version() => Assert.Contains("does not have", Verify(new TestSaga(First), new TestSaga(saga =>
    {
        saga.Step("take seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).Formerly("reserve seat");
        saga.WaitFor<TripApproved>("approval").Within(TimeSpan.FromDays(1));
        saga.Step("book room").Send(t => new BookRoom(t.Id)).Undo(t => new CancelRoom(t.Id));
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
        saga.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).ParkIfRefused();
    })).Violations[0].Promise, StringComparison.Ordinal);

    private void Holds(TestSaga before, TestSaga after)
    {
        var report = Verify(before, after);
        output.WriteLine(report.ToString());
        report.ShouldHold();
        Assert.Contains(SagaStatus.Completed, report.Ends.Keys);
    }

    private static VerificationReport Verify(TestSaga before, TestSaga after) => Verify(before, after.Plans()[0]);

    private static VerificationReport Verify(TestSaga before, SagaPlan after) => SagaVerifier.For(before.Plan()).Beside(after).StartedWith(new Trip("T1"))
        .WithSample(new SeatReserved("1A")).WithSample(new TripApproved("Ann")).Verify();
}
