using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

[Event("TABLE_ASKED")]
public sealed record TableAsked(string Guest) : IEvent;

[Event("TABLE_HELD")]
public sealed record TableHeld(int Table) : IEvent;

[Event("DEPOSIT_PAID")]
public sealed record DepositPaid(decimal Amount) : IEvent;

[Event("DEPOSIT_OVERDUE")]
public sealed record DepositOverdue(string Reservation) : IEvent;

[Event("TABLE_FREED")]
public sealed record TableFreed(int Table) : IEvent;

/// <summary>A guest asks, the hall holds a table, the till takes a deposit; without it the table is freed.</summary>
public sealed class ReservationFlow : Flow
{
    protected override void Define(FlowBuilder flow)
    {
        flow.StartsWith<TableAsked>("desk").NothingToUndo("asking changes nothing");
        flow.Event<TableHeld>("hall").UndoneBy<TableFreed>();
        flow.CompletesWith<DepositPaid>("till");
        flow.EndsUndoneWith<TableFreed>("hall");

        flow.After<TableAsked>().Expect<TableHeld>().Within(TimeSpan.FromSeconds(30));
        flow.After<TableHeld>().Expect<DepositPaid>().Within(TimeSpan.FromMinutes(15)).ElseRaise(id => new DepositOverdue(id));
        flow.After<DepositOverdue>().Expect<TableFreed>().Or<DepositPaid>().Within(TimeSpan.FromSeconds(30));
    }
}

/// <summary>Holds tables for flows, and frees them.</summary>
public sealed class Hall
{
    public ConcurrentQueue<string> Guests { get; } = new();

    public ConcurrentQueue<string?> Freed { get; } = new();

    public bool Broken { get; set; }

    public async Task Handle(TableAsked asked, MessageContext context)
    {
        if (Broken)
        {
            throw new InvalidOperationException("the hall is closed");
        }

        if (await context.Locks.TryTakeAsync("table 1"))
        {
            Guests.Enqueue(asked.Guest);
            context.Publish(new TableHeld(1));
        }
    }

    public void Handle(DepositOverdue overdue, MessageContext context)
    {
        Freed.Enqueue(context.Flow);
        context.Publish(new TableFreed(1));
    }
}

/// <summary>Takes deposits when a test says so.</summary>
public sealed class Till
{
    public ConcurrentQueue<(string? Flow, Guid Message)> Held { get; } = new();

    public void Handle(TableHeld held, MessageContext context) => Held.Enqueue((context.Flow, context.MessageId));
}

public sealed class A_flow
{
    private const string Desk = "inn.desk";
    private const string HallName = "inn.hall";
    private const string TillName = "inn.till";

    private readonly Hall _hall = new();
    private readonly Till _till = new();

    [Theory, EveryBackend]
    public async Task Runs_through_services_that_only_know_its_events(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
        await TillHasAsync(1);
        Assert.Equal("R1", _till.Held.Single().Flow);
        await Eventually.HoldsAsync("the desk has seen the table", async () => (await host[Desk].FindFlowAsync("R1"))!.Events.Count == 2);
        var open = (await host[Desk].FindFlowAsync("R1"))!;
        Assert.Equal(FlowStatus.Running, open.Status);
        Assert.Equal([new FlowExpectedEvent("DEPOSIT_PAID", "till")], Assert.Single(open.Waits).Expected);

        await host[TillName].PublishAsync(new DepositPaid(10), "R1");
        await HasStatusAsync(host, "R1", FlowStatus.Completed);
        var done = (await host[Desk].FindFlowAsync("R1"))!;
        Assert.Equal(["TABLE_ASKED inn.desk", "TABLE_HELD inn.hall", "DEPOSIT_PAID inn.till"], done.Events.Select(e => $"{e.Event} {e.By}"));
        Assert.Empty(done.Waits);
        Assert.Equal(["Ann"], _hall.Guests);
    }

    [Theory, EveryBackend]
    public async Task Raises_an_event_when_another_is_overdue_and_ends_undone(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
        await TillHasAsync(1);
        await Eventually.HoldsAsync("the desk has seen the table", async () => (await host[Desk].FindFlowAsync("R1"))!.Events.Count == 2);

        host.Time.Advance(TimeSpan.FromMinutes(16));
        await HasStatusAsync(host, "R1", FlowStatus.Undone);
        Assert.Equal(["R1"], _hall.Freed);
        Assert.Contains((await host[Desk].FindFlowAsync("R1"))!.Events, e => e is { Event: "DEPOSIT_OVERDUE", By: Desk });
        // The lock went with the flow's end: the next guest gets the table.
        await host[Desk].PublishAsync(new TableAsked("Bob"), "R2");
        await TillHasAsync(2);
        Assert.Equal(["Ann", "Bob"], _hall.Guests);
    }

    [Theory, EveryBackend]
    public async Task Is_stuck_where_an_event_is_missing_and_goes_on_when_it_comes(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await host[HallName].ExecuteAsync(async context => await context.Locks.TryTakeAsync("table 1", "another"));
        await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
        host.Time.Advance(TimeSpan.FromSeconds(31));
        await HasStatusAsync(host, "R1", FlowStatus.Stuck);
        var stuck = Assert.Single(await host[Desk].FlowsAsync(FlowStatus.Stuck));
        Assert.Equal("TABLE_HELD of hall did not come within 00:00:30 after TABLE_ASKED", stuck.Reason);
        Assert.Empty(_hall.Guests);

        await host[HallName].PublishAsync(new TableHeld(2), "R1");
        await HasStatusAsync(host, "R1", FlowStatus.Running);
        Assert.Null((await host[Desk].FindFlowAsync("R1"))!.Reason);
    }

    [Theory, EveryBackend]
    public async Task Takes_each_event_once_however_often_it_is_delivered(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var spy = await Wire.StartAsync(host[Desk], "nobody");
        await host[Desk].Engine.Transport.SubscribeAsync("inn.TABLE_ASKED", "nobody", CancellationToken.None);
        await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
        var copy = await spy.NextAsync();
        await TillHasAsync(1);
        for (var i = 0; i < 3; i++)
        {
            await host[Desk].Engine.Transport.SendAsync([new OutgoingMessage(copy.Envelope!, copy.Body)], CancellationToken.None);
        }

        await host[Desk].PublishAsync(new TableAsked("Bob"), "R2");
        // The spy's copies are a fence: everything that was published has been copied.
        for (var i = 0; i < 4; i++)
        {
            await spy.NextAsync();
        }

        await host[HallName].ExecuteAsync(_ => ValueTask.FromResult(0));
        Assert.Equal(["Ann"], _hall.Guests);
        Assert.Single(_till.Held);
    }

    [Theory, EveryBackend]
    public async Task Waits_for_a_service_that_has_never_run_before(Backend backend)
    {
        using var ground = new Ground(backend);
        await using (var host = await Host.StartAsync(ground, (Desk, b => b.AddFlow<ReservationFlow>())))
        {
            await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
            await Eventually.HoldsAsync(
                "it has left", async () => (await host[Desk].Operations.CountOutboxAsync()).Value == 0, host.Time, TimeSpan.FromMilliseconds(10));
        }

        await using var later = await StartAsync(ground);
        await TillHasAsync(1);
        Assert.Equal(["Ann"], _hall.Guests);
    }

    [Theory, EveryBackend]
    public async Task Leaves_a_timeline_in_every_service(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
        await TillHasAsync(1);
        await Eventually.HoldsAsync("the till has written it down", async () => (await host[TillName].FlowTimelineAsync("R1")).Count == 1);
        Assert.Equal([new JournalEntry(JournalKind.Received, "TABLE_HELD", HallName)], (await host[TillName].FlowTimelineAsync("R1")).Select(e => new JournalEntry(e.Kind, e.Step, e.Detail)));
        Assert.Equal(
            [new JournalEntry(JournalKind.Published, "TABLE_HELD"), new JournalEntry(JournalKind.Received, "TABLE_ASKED", Desk)],
            (await host[HallName].FlowTimelineAsync("R1")).Select(e => new JournalEntry(e.Kind, e.Step, e.Detail)));
        Assert.Empty(await host[TillName].FlowTimelineAsync("R2"));
    }

    [Theory, EveryBackend]
    public async Task Dead_letters_what_cannot_be_read_or_never_works_and_goes_on(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host[Desk], "nobody");
        await wire.SendAsync(Asked(1), "this is no JSON"u8.ToArray());
        await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
        await TillHasAsync(1);
        var dead = Assert.Single(await host[HallName].Operations.DeadLettersAsync(0, 10));
        Assert.Equal("TABLE_ASKED", dead.Envelope!.Type);

        _hall.Broken = true;
        await host[Desk].PublishAsync(new TableAsked("Bob"), "R2");
        await Eventually.HoldsAsync(
            "it is given up", async () => (await host[HallName].Operations.DeadLettersAsync(0, 10)).Count == 2, host.Time, TimeSpan.FromSeconds(30));
        _hall.Broken = false;
        await host[HallName].ExecuteAsync(async context => await context.Locks.ReleaseAllAsync("R1"));
        await host[HallName].ReplayAsync((await host[HallName].Operations.DeadLettersAsync(0, 10))[1].Number);
        await Eventually.HoldsAsync("Bob has a table", () => Task.FromResult(_hall.Guests.Contains("Bob")), host.Time, TimeSpan.FromMilliseconds(10));
    }

    [Theory, EveryBackend]
    public async Task Started_twice_under_one_id_is_one_flow(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
        await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
        await TillHasAsync(2);
        var flow = Assert.Single(await host[Desk].FlowsAsync());
        Assert.Single(flow.Events, e => e.Event == "TABLE_ASKED");
    }

    [Fact]
    public async Task Is_stuck_with_the_reason_when_its_own_code_cannot_make_an_event()
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await Host.StartAsync(ground, (Desk, b => b.AddFlow<FlowWhoseAlarmFails>()));
        await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
        await host[Desk].PublishAsync(new TableAsked("Bob"), "R2");
        host.Time.Advance(TimeSpan.FromSeconds(31));
        await HasStatusAsync(host, "R1", FlowStatus.Stuck);
        await HasStatusAsync(host, "R2", FlowStatus.Stuck);
        Assert.Equal("making 'DEPOSIT_OVERDUE' threw FormatException: no number", (await host[Desk].FindFlowAsync("R1"))!.Reason);
    }

    private sealed class FlowWhoseAlarmFails : Flow
    {
        protected override void Define(FlowBuilder flow)
        {
            flow.StartsWith<TableAsked>("desk").NothingToUndo("asking changes nothing");
            flow.CompletesWith<TableHeld>("hall");
            flow.After<TableAsked>().Expect<TableHeld>().Within(TimeSpan.FromSeconds(30)).ElseRaise<DepositOverdue>(_ => throw new FormatException("no number"));
            flow.After<DepositOverdue>().Expect<TableHeld>();
        }
    }

    [Theory, EveryBackend]
    public async Task Raises_each_event_once_although_two_are_overdue_after_the_same_one(Backend backend)
    {
        using var ground = new Ground(backend);
        var hall = new PatientHall();
        (string, Action<SkaldBuilder>)[] services = [(Desk, b => b.AddFlow<ImpatientFlow>()), (HallName, b => Add(b.AddFlow<ImpatientFlow>(), hall))];
        await using var host = await Host.StartAsync(ground, services);
        await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
        await host[Desk].PublishAsync(new TableAsked("Bob"), "R2");
        host.Time.Advance(TimeSpan.FromSeconds(31));
        await Eventually.HoldsAsync("it has heard the first alarms", () => Task.FromResult(hall.Heard.Count == 2), host.Time, TimeSpan.FromMilliseconds(10));
        host.Time.Advance(TimeSpan.FromSeconds(31));
        await Eventually.HoldsAsync("it has heard the second alarms", () => Task.FromResult(hall.Heard.Count == 4), host.Time, TimeSpan.FromMilliseconds(10));
        Assert.Equal(["freed R1", "freed R2", "overdue R1", "overdue R2"], hall.Heard.Order());

        // Both at once: the desk was away.
        await host[Desk].PublishAsync(new TableAsked("Cyd"), "R3");
        host.Time.Advance(TimeSpan.FromMinutes(5));
        await Eventually.HoldsAsync("it has heard both", () => Task.FromResult(hall.Heard.Count == 6), host.Time, TimeSpan.FromMilliseconds(10));
        var published = (await host[Desk].FlowTimelineAsync("R3")).Where(e => e.Kind == JournalKind.Published).Select(e => e.Step);
        Assert.Equal(["DEPOSIT_OVERDUE", "TABLE_ASKED", "TABLE_FREED"], published.Order());
    }

    private sealed class ImpatientFlow : Flow
    {
        protected override void Define(FlowBuilder flow)
        {
            flow.StartsWith<TableAsked>("desk").NothingToUndo("asking changes nothing");
            flow.CompletesWith<TableHeld>("hall");
            flow.After<TableAsked>().Expect<TableHeld>().Within(TimeSpan.FromSeconds(30)).ElseRaise(id => new DepositOverdue(id));
            flow.After<TableAsked>().Expect<TableHeld>().Within(TimeSpan.FromSeconds(60)).ElseRaise(_ => new TableFreed(1));
            flow.After<DepositOverdue>().Expect<TableHeld>();
            flow.After<TableFreed>().Expect<TableHeld>();
        }
    }

    private sealed class PatientHall
    {
        public ConcurrentQueue<string> Heard { get; } = new();

        public void Handle(TableAsked asked, MessageContext context)
        {
        }

        public void Handle(DepositOverdue overdue, MessageContext context) => Heard.Enqueue($"overdue {context.Flow}");

        public void Handle(TableFreed freed, MessageContext context) => Heard.Enqueue($"freed {context.Flow}");
    }

    private sealed class SilentFlow : Flow
    {
        protected override void Define(FlowBuilder flow)
        {
            flow.StartsWith<TableAsked>("desk").NothingToUndo("asking changes nothing");
            flow.CompletesWith<TableHeld>("hall");
            flow.After<TableAsked>().Expect<TableHeld>().Within(TimeSpan.FromSeconds(30)).ElseRaise<DepositOverdue>(_ => null!);
            flow.After<DepositOverdue>().Expect<TableHeld>();
        }
    }

    [Theory, EveryBackend]
    public async Task Is_stuck_when_what_it_raises_is_nothing_or_cannot_be_published(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Desk, b => b.AddFlow<SilentFlow>()));
        await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
        host.Time.Advance(TimeSpan.FromSeconds(31));
        await HasStatusAsync(host, "R1", FlowStatus.Stuck);
        Assert.Contains("it made nothing", (await host[Desk].FindFlowAsync("R1"))!.Reason, StringComparison.Ordinal);
    }

    [Theory, EveryBackend]
    public async Task Is_left_to_a_person_when_its_service_does_not_keep_it_any_more(Backend backend)
    {
        using var ground = new Ground(backend);
        await using (var host = await Host.StartAsync(ground, (Desk, b => b.AddFlow<ReservationFlow>())))
        {
            await host[Desk].PublishAsync(new TableAsked("Ann"), "R1");
        }

        await using var later = await Host.StartAsync(ground, (Desk, b => b.AddSaga<EmptySaga>()));
        later.Time.Advance(TimeSpan.FromSeconds(31));
        await Eventually.HoldsAsync("it is not due any more", async () => await RowAsync() is { WakeAt: null }, later.Time, TimeSpan.FromMilliseconds(10));
        Assert.Equal("service 'inn.desk' does not keep 'reservation' any more", (await RowAsync()).Reason);

        async Task<FlowRow> RowAsync() => Assert.Single(await later[Desk].Store.Operations.FlowsAsync(new InstanceFilter { Definition = "reservation" }, null, 10, default));
    }

    private sealed class EmptySaga : Saga<EmptySaga.State>
    {
        protected override void Define(SagaBuilder<State> saga) => saga.Step("nothing").Do((state, _) => state).NothingToUndo("it does nothing");

        internal sealed record State;
    }

    [Fact]
    public async Task Is_published_to_only_by_those_who_say_so()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await StartAsync(ground);
        var undeclared = await Assert.ThrowsAsync<InvalidOperationException>(() => host[TillName].PublishAsync(new TableFreed(1), "R1"));
        Assert.StartsWith("SKALD145: service 'inn.till' does not say that it publishes 'TABLE_FREED'.", undeclared.Message, StringComparison.Ordinal);
        var outside = await Assert.ThrowsAsync<InvalidOperationException>(() => host[Desk].PublishAsync(new TableAsked("Ann")));
        Assert.StartsWith("SKALD146: 'TABLE_ASKED' belongs to flow 'reservation'", outside.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => host[Desk].PublishAsync(new TableAsked("Ann"), "two\nlines"));
        Assert.Empty(await host[Desk].FlowsAsync());
    }

    [Fact]
    public async Task Is_not_begun_when_the_transaction_fails()
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await StartAsync(ground);
        await Assert.ThrowsAsync<InvalidOperationException>(() => host[Desk].ExecuteAsync<int>(context =>
        {
            context.Publish(new TableAsked("Ann"), "R1");
            throw new InvalidOperationException("changed my mind");
        }));
        Assert.Null(await host[Desk].FindFlowAsync("R1"));
        Assert.Equal(0, (await host[Desk].Operations.CountOutboxAsync()).Value);
        await host[Desk].PublishAsync(new TableAsked("Bob"), "R2");
        await TillHasAsync(1);
        Assert.Equal(["Bob"], _hall.Guests);
    }

    [Fact]
    public void Ends_the_same_way_in_whatever_order_its_events_are_seen()
    {
        var plan = new ReservationFlow().Plan();
        string[] events = ["TABLE_HELD", "DEPOSIT_OVERDUE", "TABLE_FREED"];
        foreach (var order in Orders(events))
        {
            var now = DateTimeOffset.UnixEpoch;
            var flow = new FlowInstance { Id = "R1", Version = 0, Status = FlowStatus.Running, Seen = [], StartedAt = now };
            foreach (var @event in order.Prepend("TABLE_ASKED").Append("TABLE_HELD"))
            {
                flow = FlowDecider.Saw(plan, flow, new FlowSighting(@event, "x", now)).Next;
            }

            Assert.Equal(FlowStatus.Undone, flow.Status);
            Assert.Null(flow.WakeAt);
            Assert.Equal(4, flow.Seen.Length);
        }
    }

    [Fact]
    public void That_ends_both_ways_is_shown_as_stuck()
    {
        var plan = new ReservationFlow().Plan();
        var now = DateTimeOffset.UnixEpoch;
        var flow = new FlowInstance { Id = "R1", Version = 0, Status = FlowStatus.Running, Seen = [], StartedAt = now };
        foreach (var @event in new[] { "TABLE_ASKED", "TABLE_HELD", "DEPOSIT_PAID", "TABLE_FREED" })
        {
            flow = FlowDecider.Saw(plan, flow, new FlowSighting(@event, "x", now)).Next;
        }

        Assert.Equal(FlowStatus.Stuck, flow.Status);
        Assert.Equal("it ended both ways: DEPOSIT_PAID and TABLE_FREED", flow.Reason);
    }

    [Fact]
    public void Can_be_drawn()
    {
        var drawing = new ReservationFlow().Plan().ToMermaid();
        Assert.Contains("e0([\"TABLE_ASKED<br/>desk\"])", drawing, StringComparison.Ordinal);
        Assert.Contains("e0 -->|within 30 s| e1", drawing, StringComparison.Ordinal);
        Assert.Contains("-.->|overdue|", drawing, StringComparison.Ordinal);
        Assert.Contains("-.->|undoes| e1", drawing, StringComparison.Ordinal);
    }

    private static IEnumerable<IEnumerable<string>> Orders(string[] items) => items.Length <= 1
        ? [items]
        : items.SelectMany((item, i) => Orders([.. items[..i], .. items[(i + 1)..]]).Select(rest => rest.Prepend(item)));

    private static Envelope Asked(int number) => new()
    {
        Id = new Guid(number, 0, 0, new byte[8]),
        Type = "TABLE_ASKED",
        Kind = MessageKind.Event,
        Source = "test",
        Destination = "inn.TABLE_ASKED",
        Published = true,
        Time = DateTimeOffset.UnixEpoch,
    };

    private Task TillHasAsync(int count) => Eventually.HoldsAsync($"the till has heard of {count} tables", () => Task.FromResult(_till.Held.Count == count));

    private static Task HasStatusAsync(Host host, string id, FlowStatus status) => Eventually.HoldsAsync(
        $"flow {id} is {status}", async () => (await host[Desk].FindFlowAsync(id))?.Status == status, host.Time, TimeSpan.FromMilliseconds(10));

    private Task<Host> StartAsync(Ground ground) => Host.StartAsync(
        ground,
        (Desk, b => b.AddFlow<ReservationFlow>()),
        (HallName, b => Add(b.AddFlow<ReservationFlow>(), _hall)),
        (TillName, b => Add(b.AddFlow<ReservationFlow>(), _till)));

    private static void Add<T>(SkaldBuilder builder, T handlers) where T : class
    {
        builder.Services.AddSingleton(handlers);
        builder.AddHandlers<T>();
    }
}

public sealed class A_flow_that_makes_no_sense
{
    [Fact]
    public void Is_refused_with_every_problem_and_its_code()
    {
        var refused = Assert.Throws<SagaDefinitionException>(() => new Nonsense().Plan());
        Assert.Equal(["SKALD132", "SKALD133", "SKALD134", "SKALD135", "SKALD137", "SKALD138"], refused.Problems.Select(p => p[..8]).Order().Distinct());
    }

    [Fact]
    public void Has_one_start_no_event_twice_and_no_circle()
    {
        var refused = Assert.Throws<SagaDefinitionException>(() => new Circle().Plan());
        Assert.Contains(refused.Problems, p => p.StartsWith("SKALD130", StringComparison.Ordinal));
        Assert.Contains(refused.Problems, p => p.StartsWith("SKALD131", StringComparison.Ordinal));
        Assert.Contains("SKALD139: flow 'circle' goes in a circle: TABLE_HELD -> TABLE_FREED -> TABLE_HELD. A flow has an end: start a new one instead.", refused.Problems);
    }

    [Fact]
    public async Task Is_refused_when_a_service_does_not_handle_what_is_its_turn()
    {
        using var ground = new Ground(Backend.Memory);
        var refused = await Assert.ThrowsAsync<SagaDefinitionException>(() => Host.StartAsync(
            ground, ("inn.desk", b => b.AddFlow<ReservationFlow>()), ("inn.hall", _ => { })));
        Assert.Contains(refused.Problems, p => p.StartsWith("SKALD140: flow 'reservation' needs service 'inn.hall' to handle 'TABLE_ASKED'", StringComparison.Ordinal));
        Assert.Contains(refused.Problems, p => p.StartsWith("SKALD141: service 'inn.hall' takes part in flow 'reservation'", StringComparison.Ordinal));
    }

    private sealed class Nonsense : Flow
    {
        protected override void Define(FlowBuilder flow)
        {
            flow.StartsWith<TableAsked>("desk");
            flow.Event<TableHeld>("hall").NothingToUndo("no");
            flow.CompletesWith<DepositPaid>("till");
            flow.After<TableAsked>().Expect<TableHeld>().Or<TableFreed>().Within(TimeSpan.Zero);
            flow.After<TableAsked>().Expect<TableHeld>().ElseRaise(id => new DepositOverdue(id));
        }
    }

    private sealed class Circle : Flow
    {
        protected override void Define(FlowBuilder flow)
        {
            flow.Event<TableHeld>("hall").NothingToUndo("no");
            flow.Event<TableHeld>("hall").NothingToUndo("no");
            flow.Event<TableFreed>("hall").NothingToUndo("no");
            flow.After<TableHeld>().Expect<TableFreed>();
            flow.After<TableFreed>().Expect<TableHeld>();
        }
    }
}
