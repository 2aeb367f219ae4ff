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

/// <summary>Two processes of a service with different versions of a definition, on one store.</summary>
public sealed class A_saga_of_another_version
{
    private const string Trips = "t.trips";

    private static TestSaga Old => new(
        saga =>
        {
            saga.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Approver = e.By }).Within(TimeSpan.FromDays(1));
            saga.Step("book").Do((t, _) => t with { Note = t.Note + " book" }).Undo((t, _) => t with { Note = t.Note + " unbook" });
            saga.Step("pay").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id)).Within(TimeSpan.FromHours(1));
        },
        "changed");

    private static TestSaga New => new(
        saga =>
        {
            saga.Step("check").Do((t, _) => t with { Note = t.Note + " check" }).NothingToUndo("a test").Since(2);
            saga.WaitFor<TripApproved>("consent").OnEvent((t, e) => t with { Approver = e.By }).Within(TimeSpan.FromDays(1)).Formerly("approval", before: 2);
            saga.Step("book").Do((t, _) => t with { Note = t.Note + " book" }).Undo((t, _) => t with { Note = t.Note + " unbook" }).Until(2);
            saga.Step("pay").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id)).Within(TimeSpan.FromHours(1));
            saga.Step("insure").Do((t, _) => t with { Note = t.Note + " insure" }).NothingToUndo("a test").Since(2);
        },
        "changed",
        version: 2);

    [Theory, EveryBackend]
    public async Task Runs_its_own_plan_whichever_process_has_it(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        await using var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New)));
        await using var cards = await Wire.StartAsync(old[Trips], "t.cards.commands");
        var older = (await old[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        var newer = (await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"))).Id;
        // Each event reaches the process that did not start the saga.
        await now[Trips].RaiseAsync(older, new TripApproved("Ann"));
        await old[Trips].RaiseAsync(newer, new TripApproved("Bob"));
        var asked = new[] { cards.NextAsync(), cards.NextAsync() };
        await Eventually.HoldsAsync("both ask for money", () => Task.FromResult(asked.All(a => a.IsCompleted)), old.Time, TimeSpan.FromMilliseconds(100));
        foreach (var command in asked)
        {
            await cards.SendAsync(Wire.Answer((await command).Envelope!), new CardCharged("R1"));
        }

        await EndsAsync(old, now, older, SagaStatus.Completed, " book", "Ann");
        await EndsAsync(now, old, newer, SagaStatus.Completed, " check insure", "Bob");
        Assert.Equal(0, await DeadLettersAsync(old) + await DeadLettersAsync(now));
    }

    [Theory, EveryBackend]
    public async Task Is_undone_by_its_own_plan_whichever_process_has_it(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        await using var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New)));
        await using var cards = await Wire.StartAsync(old[Trips], "t.cards.commands");
        var older = (await old[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        await now[Trips].RaiseAsync(older, new TripApproved("Ann"));
        await cards.SendAsync(Wire.Answer((await cards.NextAsync()).Envelope!, MessageKind.Refusal), new Refusal("Declined", "no"));
        await EndsAsync(old, now, older, SagaStatus.Compensated, " book unbook", "Ann");
    }

    [Theory, EveryBackend]
    public async Task Is_parked_when_nobody_is_left_who_knows_it_and_goes_on_when_one_comes(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        await using var cards = await Wire.StartAsync(old[Trips], "t.cards.commands");
        SagaId paying, waiting;
        await using (var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New))))
        {
            paying = (await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
            waiting = (await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"))).Id;
            await now[Trips].RaiseAsync(paying, new TripApproved("Ann"));
        }

        // An answer, and an event, come when only the old version is there.
        await cards.SendAsync(Wire.Answer((await cards.NextAsync()).Envelope!), new CardCharged("R1"));
        await old[Trips].RaiseAsync(waiting, new TripApproved("Bob"));
        foreach (var saga in new[] { paying, waiting })
        {
            await Eventually.HoldsAsync("it is parked", async () => (await old[Trips].FindSagaAsync(saga))!.Status == SagaStatus.Parked, old.Time, TimeSpan.FromMilliseconds(200));
            Assert.Equal(
                "it runs version 2 of 'changed', which no process of service 't.trips' knows that is running; it goes on when one is started that does",
                (await old[Trips].FindSagaAsync(saga))!.ParkReason);
        }

        await Assert.ThrowsAsync<SagaVersionUnknownException>(() => old[Trips].ResumeAsync(paying));
        await using var back = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New)));
        await using var rest = await Answering.StartAsync(back, cards);
        await EndsAsync(back, old, paying, SagaStatus.Completed, " check insure", "Ann");
        await EndsAsync(back, old, waiting, SagaStatus.Completed, " check insure", "Bob");
        Assert.Contains(await back[Trips].Operations.TimelineAsync(waiting), e => e.Kind == JournalKind.Resumed && e.Reason == "a process that knows version 2 is here");
        Assert.Equal(0, await DeadLettersAsync(old) + await DeadLettersAsync(back));
    }

    [Theory, EveryBackend]
    public async Task Is_not_parked_while_its_process_is_started_again(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        SagaId saga;
        await using (var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New))))
        {
            saga = (await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        }

        await old[Trips].RaiseAsync(saga, new TripApproved("Ann"));
        old.Time.Advance(TimeSpan.FromSeconds(5));
        await old.RequestsHaveTheirTurnAsync(Trips);
        await using var back = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New)));
        await using var cards = await Wire.StartAsync(back[Trips], "t.cards.commands");
        await using var rest = await Answering.StartAsync(back, cards);
        await EndsAsync(back, old, saga, SagaStatus.Completed, " check insure", "Ann");
        Assert.DoesNotContain(await back[Trips].Operations.TimelineAsync(saga), e => e.Kind == JournalKind.Parked);
    }

    [Theory, EveryBackend]
    public async Task Is_parked_with_the_reason_when_who_knows_it_cannot_read_it(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        SagaId saga;
        await using (var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New))))
        {
            saga = (await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        }

        await old[Trips].RaiseAsync(saga, new TripApproved("Ann"));
        await Eventually.HoldsAsync("it is parked", async () => (await old[Trips].FindSagaAsync(saga))!.Status == SagaStatus.Parked, old.Time, TimeSpan.FromMilliseconds(200));
        var other = new TestSaga(s => s.Step("something else").Send(t => new ChargeCard(t.Id)).NothingToUndo("a test"), "changed", version: 2);
        await using var back = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(other)));
        await Eventually.HoldsAsync("it says why", async () => (await old[Trips].FindSagaAsync(saga))!.ParkReason!.Contains("does not have", StringComparison.Ordinal), old.Time, TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task Gets_an_event_that_was_passed_on_although_taking_it_in_fails_first()
    {
        using var ground = new Ground(Backend.Memory);
        var store = new InMemoryStore();
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old).UseStore(_ => new KeptStore(store))));
        await using var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New).UseStore(_ => new FailingStore(store))));
        await using var cards = await Wire.StartAsync(now[Trips], "t.cards.commands");
        await using var rest = await Answering.StartAsync(now, cards);
        var saga = (await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        Assert.Equal(EventOutcome.PassedOn, await old[Trips].RaiseAsync(saga, new TripApproved("Ann")));
        await EndsAsync(now, now, saga, SagaStatus.Completed, " check insure", "Ann");
    }

    [Theory, EveryBackend]
    public async Task Answers_a_repeated_start_whichever_version_was_there_first(Backend backend)
    {
        using var ground = new Ground(backend);
        var options = new StartOptions { IdempotencyKey = "k1" };
        SagaStart<Trip> first;
        await using (var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New))))
        {
            first = await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"), options);
            Assert.Equal(" check", first.State.Note);
        }

        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        var again = await old[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"), options);
        Assert.Equal((first.Id, true), (again.Id, again.Repeated));
        await using var back = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New)));
        Assert.Equal((first.Id, " check"), await back[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"), options) is var third ? (third.Id, third.State.Note) : default);
    }

    private static async Task EndsAsync(Host one, Host other, SagaId saga, SagaStatus status, string note, string approver)
    {
        await Eventually.HoldsAsync("it ends", async () => (await one[Trips].FindSagaAsync(saga))!.Status == status, one.Time, TimeSpan.FromMilliseconds(100));
        var state = (await other[Trips].FindSagaAsync(saga))!.State;
        Assert.Equal((note, approver), (state.GetProperty("note").GetString(), state.GetProperty("approver").GetString()));
    }

    private static async Task<int> DeadLettersAsync(Host host) => (await host[Trips].Operations.DeadLettersAsync()).Count;

    /// <summary>Cannot write what a delayed message leads to, three times.</summary>
    private sealed class FailingStore(InMemoryStore store) : KeptStore(store)
    {
        private int _left = 3;

        public override async ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken) => new Unit(this, await base.BeginAsync(request, cancellationToken));

        private sealed class Unit(FailingStore owner, IUnitOfWork inner) : PassingUnit(inner)
        {
            public override ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken) =>
                changes is { DeletedDelayed.Count: > 0, Delayed.Count: 0 } && owner._left-- > 0 ? throw new TimeoutException("a statement took too long") : base.CommitAsync(changes, cancellationToken);
        }
    }

    /// <summary>Whoever answers all that is asked for money from now on.</summary>
    private sealed class Answering(CancellationTokenSource stop, Task running) : IAsyncDisposable
    {
        public static Task<Answering> StartAsync(Host host, Wire cards)
        {
            var stop = new CancellationTokenSource();
            return Task.FromResult(new Answering(stop, RunAsync(cards, stop.Token)));
        }

        private static async Task RunAsync(Wire cards, CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                var next = cards.NextAsync();
                await Task.WhenAny(next, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop));
                if (next.IsCompletedSuccessfully)
                {
                    await cards.SendAsync(Wire.Answer((await next).Envelope!), new CardCharged("R1"));
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running;
            stop.Dispose();
        }
    }
}
