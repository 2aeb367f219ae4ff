using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;
using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>One definition carries the plans of all its versions.</summary>
public sealed class A_definition_with_versions
{
    private static readonly MessageSerializer Json = new();

    [Fact]
    public void Has_a_plan_for_each_with_the_steps_and_names_it_had()
    {
        var plans = new TestSaga(
            saga =>
            {
                saga.Step("check").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test").Since(3);
                saga.Step("take seat").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test").Formerly("reserve seat", before: 2).Formerly("get seat", before: 3);
                saga.Removed("book room", since: 2).Undo(t => new CancelRoom(t.Id));
                saga.Pivot("charge").Send(t => new ChargeCard(t.Id)).Until(3);
                saga.Pivot("charge once").Send(t => new ChargeCard(t.Id)).Since(3);
                saga.Removed("print", since: 3).Since(2);
            },
            version: 3).Plans();
        Assert.Equal(["reserve seat, book room, charge", "get seat, charge, print", "check, take seat, charge once"], plans.Select(p => string.Join(", ", p.Steps.Select(s => s.Name))));
        Assert.Equal([1, 2, 3], plans.Select(p => p.Version));
        Assert.All(plans, p => Assert.Equal(Enumerable.Range(0, p.Steps.Length), p.Steps.Select(s => s.Stage)));
        Assert.All(plans, p => Assert.Equal(StepKind.Pivot, p.Steps[p.PivotIndex].Kind));
        Assert.Equal(StepKind.Retriable, plans[1].Steps[2].Kind);
    }

    [Fact]
    public void Keeps_steps_side_by_side_where_some_of_them_are_gone()
    {
        var plans = new TestSaga(
            saga =>
            {
                saga.Parallel(both =>
                {
                    both.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test");
                    both.Step("b").Send(t => new BookRoom(t.Id)).NothingToUndo("a test").Since(2);
                });
                saga.Step("c").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test");
            },
            version: 2).Plans();
        Assert.Equal([0, 1], plans[0].Steps.Select(s => s.Stage));
        Assert.Equal([0, 0, 1], plans[1].Steps.Select(s => s.Stage));
    }

    [Theory]
    [InlineData(0, 1, "SKALD193")]
    [InlineData(1001, 1, "SKALD193")]
    [InlineData(2, 3, "SKALD193")]
    [InlineData(2, 0, "SKALD193")]
    [InlineData(1, 1, "SKALD192")]
    public void Refuses_numbers_that_make_no_sense(int version, int oldest, string code)
    {
        var saga = new TestSaga(
            s =>
            {
                s.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test");
                s.Step("b").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test").Since(2);
            },
            "trip",
            version,
            oldest);
        Assert.StartsWith(code, Assert.Throws<SagaDefinitionException>(() => saga.Plan()).Problems[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("until 1")]
    [InlineData("removed since 1")]
    [InlineData("since 2 until 2")]
    [InlineData("formerly before 1")]
    [InlineData("state since 1")]
    public void Refuses_numbers_that_leave_a_step_or_a_change_to_no_version(string what)
    {
        var saga = new TestSaga(
            s =>
            {
                s.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test");
                switch (what)
                {
                    case "until 1": s.Step("b").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test").Until(1); break;
                    case "removed since 1": s.Removed("b", since: 1).NothingToUndo("a test"); break;
                    case "since 2 until 2": s.Step("b").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test").Since(2).Until(2); break;
                    case "formerly before 1": s.Step("b").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test").Formerly("c", before: 1); break;
                    default: s.StateChanged(1, _ => { }, _ => { }); break;
                }
            },
            version: 3);
        Assert.StartsWith("SKALD192", Assert.Single(Assert.Throws<SagaDefinitionException>(() => saga.Plan()).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Goes_past_a_wait_that_is_removed_when_somebody_looks()
    {
        var plan = Removed(undo: false);
        var saga = Standing(plan, StepState.Done) with { Steps = [Done, new StepRecord(StepState.Waiting, 1, 0, default, DateTimeOffset.UnixEpoch), StepRecord.Initial], WakeAt = DateTimeOffset.UnixEpoch };
        foreach (var input in new SagaInput[] { new SagaInput.Woken(), new SagaInput.TakenOver() })
        {
            var next = SagaDecider.Decide(plan, saga, input, saga.StartedAt).Next;
            Assert.Equal((StepState.Skipped, StepState.Sent), (next.Steps[1].State, next.Steps[2].State));
        }
    }

    [Fact]
    public void Asks_a_person_when_the_undo_of_what_is_removed_takes_too_long()
    {
        var plan = new TestSaga(
            saga =>
            {
                saga.Removed("book room", since: 2).Undo(t => new CancelRoom(t.Id)).ParkAfter(TimeSpan.FromHours(1));
                saga.Step("charge").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id));
            },
            version: 2).Plans()[0];
        var saga = SagaDecider.NewSaga(plan, new SagaId(new Guid(1, 0, 0, new byte[8])), new Trip("T1"), DateTimeOffset.UnixEpoch) with { Steps = [Done, new StepRecord(StepState.Sent, 1, 0, default, null)] };
        var undoing = SagaDecider.Decide(plan, saga, new SagaInput.Replied("charge", 1, false, null, new Refusal("Declined", "no")), saga.StartedAt).Next;
        Assert.Equal(saga.StartedAt.AddHours(1), undoing.WakeAt);
        Assert.Equal(SagaStatus.Parked, SagaDecider.Decide(plan, undoing, new SagaInput.Woken(), undoing.WakeAt!.Value).Next.Status);
    }

    [Fact]
    public void Says_which_older_version_makes_no_sense()
    {
        var saga = new TestSaga(
            s =>
            {
                s.Pivot("charge").Send(t => new ChargeCard(t.Id)).Since(2);
                s.Retriable("print").Send(t => new PrintTicket(t.Id)).ParkIfRefused();
            },
            version: 2);
        Assert.EndsWith("(In version 1.)", Assert.Single(Assert.Throws<SagaDefinitionException>(() => saga.Plan()).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_and_writes_states_in_the_shape_of_their_own_version()
    {
        var plans = new TestSaga(
            saga =>
            {
                saga.Step("a").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test");
                saga.StateChanged(3, s => s["note"] = $"{s["note"]}!", s => s["note"] = $"{s["note"]}".TrimEnd('!'));
                saga.StateChanged(2, s => Rename(s, "memo", "note"), s => Rename(s, "note", "memo"));
            },
            version: 3).Plans();
        var trip = new Trip("T1", Note: "quiet!");
        Assert.All(plans, plan => Assert.Equal(trip, StateCodec.Read(plan, StateCodec.Write(plan, trip, Json), Json)));
        Assert.Contains("\"memo\":\"quiet\"", System.Text.Encoding.UTF8.GetString(StateCodec.Write(plans[0], trip, Json)), StringComparison.Ordinal);
        Assert.Contains("\"note\":\"quiet\"", System.Text.Encoding.UTF8.GetString(StateCodec.Write(plans[1], trip, Json)), StringComparison.Ordinal);
        Assert.Contains("\"note\":\"quiet!\"", System.Text.Encoding.UTF8.GetString(StateCodec.Write(plans[2], trip, Json)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StepState.Pending, "Skipped")]
    [InlineData(StepState.RetryWait, "Skipped")]
    [InlineData(StepState.Done, "Done")]
    public void Skips_what_is_removed_unless_it_was_done(StepState state, string expected)
    {
        var plan = Removed(undo: true);
        var saga = Standing(plan, state);
        var input = state == StepState.RetryWait ? new SagaInput.Woken() : (SagaInput)new SagaInput.Replied("reserve seat", 1, false, new SeatReserved("1A"), null);
        var next = SagaDecider.Decide(plan, saga, input, saga.StartedAt.AddHours(1)).Next;
        Assert.Equal(expected, $"{next.Steps[1].State}");
        Assert.Equal(StepState.Sent, next.Steps[2].State);
    }

    [Theory]
    [InlineData(true, "Undoing")]
    [InlineData(false, "Undone")]
    public void Undoes_what_is_removed_and_was_done(bool undo, string expected)
    {
        var plan = Removed(undo);
        var saga = Standing(plan, StepState.Done) with { Steps = [Done, Done, new StepRecord(StepState.Sent, 1, 0, default, null)] };
        var next = SagaDecider.Decide(plan, saga, new SagaInput.Replied("charge", 1, false, null, new Refusal("Declined", "no")), saga.StartedAt).Next;
        Assert.Equal(SagaStatus.Compensating, next.Status);
        Assert.Equal(expected, $"{next.Steps[1].State}");
    }

    [Fact]
    public void Takes_the_answer_of_what_was_asked_and_is_removed_meanwhile()
    {
        var plan = Removed(undo: true);
        var saga = Standing(plan, StepState.Sent) with { Steps = [Done, new StepRecord(StepState.Sent, 1, 0, default, null), StepRecord.Initial] };
        Assert.Equal(StepState.Done, SagaDecider.Decide(plan, saga, new SagaInput.Replied("book room", 1, false, Skald.Done.Instance, null), saga.StartedAt).Next.Steps[1].State);
        // Nobody can ask once more: it may have been done.
        Assert.Equal(SagaStatus.Compensating, SagaDecider.Decide(plan, saga, new SagaInput.TakenOver(), saga.StartedAt).Next.Status);
    }

    [Theory]
    [InlineData(StepState.Undoing)]
    [InlineData(StepState.UndoWait)]
    public void Ends_the_undo_of_what_is_removed_and_needs_none_any_more(StepState state)
    {
        var plan = Removed(undo: false);
        var saga = Standing(plan, StepState.Done) with
        {
            Status = SagaStatus.Compensating, Failure = new SagaFailure("charge", "Declined", "no"), WakeAt = DateTimeOffset.UnixEpoch,
            Steps = [Done, new StepRecord(state, 1, 0, default, DateTimeOffset.UnixEpoch), new StepRecord(StepState.Refused, 1, 0, default, null)],
        };
        SagaInput again = state == StepState.Undoing ? new SagaInput.TakenOver() : new SagaInput.Woken();
        foreach (var input in new[] { again, new SagaInput.Replied("book room", 1, true, Skald.Done.Instance, null) })
        {
            var next = SagaDecider.Decide(plan, saga, input, saga.StartedAt).Next;
            Assert.Equal((StepState.Undone, StepState.Undoing), (next.Steps[1].State, next.Steps[0].State));
        }
    }

    [Fact]
    public void Does_not_take_an_undo_for_needless_that_is_another_one_now()
    {
        var plan = new TestSaga(
            saga =>
            {
                saga.Removed("book room", since: 2).Undo((t, _) => t);
                saga.Step("charge").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id));
            },
            version: 2).Plans()[0];
        var saga = SagaDecider.NewSaga(plan, new SagaId(new Guid(1, 0, 0, new byte[8])), new Trip("T1"), DateTimeOffset.UnixEpoch) with
        {
            Status = SagaStatus.Compensating, Failure = new SagaFailure("charge", "Declined", "no"),
            Steps = [new StepRecord(StepState.Undoing, 1, 0, default, null), new StepRecord(StepState.Refused, 1, 0, default, null)],
        };
        Assert.Equal(SagaStatus.Parked, SagaDecider.Decide(plan, saga, new SagaInput.TakenOver(), saga.StartedAt).Next.Status);
    }

    private static StepRecord Done => new(StepState.Done, 1, 0, default, null);

    private static SagaPlan Removed(bool undo) => new TestSaga(
        saga =>
        {
            saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
            var removed = saga.Removed("book room", since: 2);
            _ = undo ? removed.Undo(t => new CancelRoom(t.Id)) : removed.NothingToUndo("rooms are free");
            saga.Step("charge").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id));
        },
        version: 2).Plans()[0];

    private static SagaInstance Standing(SagaPlan plan, StepState removed)
    {
        var saga = SagaDecider.NewSaga(plan, new SagaId(new Guid(1, 0, 0, new byte[8])), new Trip("T1"), DateTimeOffset.UnixEpoch);
        var first = removed == StepState.RetryWait ? Done : new StepRecord(StepState.Sent, 1, 0, default, null);
        var due = removed == StepState.RetryWait ? saga.StartedAt : (DateTimeOffset?)null;
        return saga with { Steps = [first, removed == StepState.Pending ? StepRecord.Initial : new StepRecord(removed, 1, 0, default, due), StepRecord.Initial], WakeAt = due };
    }

    private static void Rename(System.Text.Json.Nodes.JsonObject state, string from, string to)
    {
        var value = state[from];
        state.Remove(from);
        state[to] = value?.DeepClone();
    }
}
