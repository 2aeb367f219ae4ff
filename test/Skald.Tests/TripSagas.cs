using Skald.Definition;

namespace Skald.Tests;

/// <summary>A saga whose definition is written where it is used.</summary>
public sealed class TestSaga(Action<SagaBuilder<Trip>> define, string name = "trip", int version = 1, int oldest = 1) : Saga<Trip>
{
    public override string Name => name;

    public override int Version => version;

    public override int OldestVersion => oldest;

    protected override void Define(SagaBuilder<Trip> saga) => define(saga);
}

/// <summary>The reference definitions.</summary>
public static class TripSagas
{
    private static readonly RetryPolicy OnceMore = new(1, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

    /// <summary>Three steps that can be undone.</summary>
    public static TestSaga Linear => new(saga =>
    {
        ReserveSeat(saga.Step("reserve seat"));
        BookRoom(saga.Step("book room"));
        saga.Step("charge card").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id));
    }, "linear");

    /// <summary>Local steps around remote ones, a pivot that must answer, and retriable steps.</summary>
    public static TestSaga WithPivot => new(saga =>
    {
        saga.Step("create trip").Do((t, _) => t with { Note = "created" }).Undo((t, _) => t with { Note = "rejected" });
        ReserveSeat(saga.Step("reserve seat"));
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
        saga.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).RetryRefused(1, TimeSpan.FromSeconds(1));
        saga.Retriable("approve trip").Do((t, _) => t with { Note = "approved" });
    }, "with-pivot");

    /// <summary>A pivot that may be given up when its reply is overdue.</summary>
    public static TestSaga WithPivotThatCanBeUndone => new(saga =>
    {
        ReserveSeat(saga.Step("reserve seat"));
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id));
        saga.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).ParkIfRefused();
    }, "with-undoable-pivot");

    /// <summary>Two steps side by side, between others.</summary>
    public static TestSaga WithParallel => new(saga =>
    {
        saga.Parallel(both =>
        {
            both.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeat(t.Id));
            both.Step("book room").Send(t => new BookRoom(t.Id)).OnReply((t, r) => t with { Room = r.Room }).Undo(t => new CancelRoom(t.Id));
        });
        saga.Step("charge card").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id));
    }, "with-parallel");

    /// <summary>A step that is taken only for the insured.</summary>
    public static TestSaga WithWhen => new(saga =>
    {
        ReserveSeat(saga.Step("reserve seat"));
        saga.Step("book room").Send(t => new BookRoom(t.Id)).Undo(t => new CancelRoom(t.Id)).When(t => t.Insured);
        saga.Step("charge card").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id)).RetryRefused(1, TimeSpan.FromSeconds(2));
    }, "with-when");

    /// <summary>A person has to approve within a day.</summary>
    public static TestSaga WithWait => new(saga =>
    {
        ReserveSeat(saga.Step("reserve seat"));
        saga.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Approver = e.By }).Within(TimeSpan.FromDays(1));
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Id)).NothingToUndo("the bank drops what is not captured");
        saga.Retriable("send mail").Send(t => new SendMail(t.Id)).ParkIfRefused();
    }, "with-wait");

    /// <summary>After the pivot an event is awaited that is promised to come.</summary>
    public static TestSaga WithWaitAfterPivot => new(saga =>
    {
        ReserveSeat(saga.Step("reserve seat"));
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
        saga.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).ParkIfRefused();
        saga.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Approver = e.By });
        saga.Retriable("send mail").Send(t => new SendMail(t.Id)).ParkIfRefused();
    }, "with-wait-after-pivot");

    private static void ReserveSeat(IStepStart<Trip> step) => step
        .Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeat(t.Id)).RetryUndo(OnceMore);

    private static void BookRoom(IStepStart<Trip> step) => step
        .Send(t => new BookRoom(t.Id)).OnReply((t, r) => t with { Room = r.Room }).Undo(t => new CancelRoom(t.Id)).RetryUndo(OnceMore);
}
