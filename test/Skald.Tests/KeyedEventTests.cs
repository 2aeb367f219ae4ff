using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>An event that a service publishes for whichever saga has a business key.</summary>
public sealed class An_event_that_is_published_for_a_key
{
    private const string Trips = "t.trips";
    private const string Desk = "t.desk";

    private static TestSaga Saga => new(
        saga =>
        {
            saga.Key(t => t.Id.Length == 0 ? null : t.Id, KeyUse.OneAtATime);
            saga.WaitFor<TripPaid>("payment").OnEvent((t, e) => t with { Note = e.By }).ByKey(e => e.Trip.Length == 0 ? null : e.Trip)
                .Or<TripCancelled>(e => new Refusal("Cancelled", e.Why), byKey: e => e.Trip);
            saga.Step("book").Do((t, _) => t with { Room = "101" }).NothingToUndo("a test");
        },
        "keyed");

    private static (string, Action<SkaldBuilder>)[] Services(Action<SkaldBuilder>? trips = null) =>
    [
        (Trips, s =>
        {
            s.AddTestSaga(Saga);
            trips?.Invoke(s);
        }),
        (Desk, s => s.Publishes<TripPaid>().Publishes<TripCancelled>()),
    ];

    [Theory, EveryBackend]
    public async Task Is_told_to_that_saga_and_to_no_other(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, Services());
        var (first, second, without) = (await StartAsync(host, "T1"), await StartAsync(host, "T2"), await StartAsync(host, ""));
        await host[Desk].PublishAsync(new TripPaid("T1", "Bob"));
        await host[Desk].PublishAsync(new TripPaid("", "nobody"));
        Assert.Equal((SagaStatus.Completed, "Bob"), await EndAsync(host, first));
        await host[Desk].PublishAsync(new TripCancelled("T2", "ill"));
        Assert.Equal((SagaStatus.Compensated, null), await EndAsync(host, second));
        Assert.Equal(SagaStatus.Running, (await host[Trips].FindSagaAsync(without))!.Status);
        Assert.Empty(await host[Trips].Operations.DeadLettersAsync());
    }

    [Theory, EveryBackend]
    public async Task Is_kept_for_a_while_for_a_saga_that_is_about_to_start(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, Services());
        await host[Desk].PublishAsync(new TripPaid("T1", "Bob"));
        await Eventually.HoldsAsync("it is put off", async () => (await host[Trips].Operations.DelayedAsync()) is [{ Reason: "there is no saga 'keyed' with the key 'T1' yet", Attempts: 0 }]);
        var saga = await StartAsync(host, "T1");
        await Eventually.HoldsAsync("it has its event", async () => (await host[Trips].FindSagaAsync(saga))!.Status == SagaStatus.Completed, host.Time, TimeSpan.FromMilliseconds(100));
        Assert.Empty(await host[Trips].Operations.DelayedAsync());
    }

    [Fact]
    public async Task Is_dropped_with_a_word_in_the_log_when_none_has_started()
    {
        using var log = new LogLines();
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, Services(s => s.Services.AddSingleton<ILoggerFactory>(log)));
        await host[Desk].PublishAsync(new TripPaid("T9", "Bob"));
        await Eventually.HoldsAsync("it is dropped", () => Task.FromResult(log.Lines.Any(l => l.Contains("'keyed' with the key 'T9', and there is none", StringComparison.Ordinal))), host.Time, TimeSpan.FromSeconds(1));
        Assert.Empty(await host[Trips].Operations.DelayedAsync());
        Assert.Empty(await host[Trips].Operations.DeadLettersAsync());
        // Whoever has the key later is not told.
        Assert.Equal(SagaStatus.Running, (await host[Trips].FindSagaAsync(await StartAsync(host, "T9")))!.Status);
    }

    [Theory, EveryBackend]
    public async Task Is_not_told_to_the_next_saga_with_the_key_when_it_comes_twice(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, Services());
        await using var wire = await Wire.StartAsync(host[Trips], "t.elsewhere");
        var paid = new Envelope
        {
            Id = Guid.CreateVersion7(), Type = "TRIP_PAID", Kind = MessageKind.Event, Source = Desk, Destination = "t.TRIP_PAID", Published = true, Time = host.Time.GetUtcNow(),
        };
        var first = await StartAsync(host, "T1");
        await wire.SendAsync(paid, new TripPaid("T1", "Bob"));
        Assert.Equal((SagaStatus.Completed, "Bob"), await EndAsync(host, first));
        var second = await StartAsync(host, "T1");
        await wire.SendAsync(paid, new TripPaid("T1", "Bob"));
        await wire.SendAsync(paid with { Id = Guid.CreateVersion7() }, new TripPaid("T1", "Eve"));
        Assert.Equal((SagaStatus.Completed, "Eve"), await EndAsync(host, second));
    }

    [Theory, EveryBackend]
    public async Task Is_handled_as_well_where_there_is_a_handler(Backend backend)
    {
        using var ground = new Ground(backend);
        var books = new Books();
        await using var host = await Host.StartAsync(ground, Services(s =>
        {
            s.Services.AddSingleton(books);
            s.AddHandlers<Bookkeeper>();
        }));
        var saga = await StartAsync(host, "T1");
        await host[Desk].PublishAsync(new TripPaid("T1", "Bob"));
        await host[Desk].PublishAsync(new TripPaid("T9", "Eve"));
        Assert.Equal((SagaStatus.Completed, "Bob"), await EndAsync(host, saga));
        await Eventually.HoldsAsync("both came", () => Task.FromResult(books.Paid.Count >= 2));
        await Eventually.HoldsAsync("nothing is put off any more", async () => (await host[Trips].Operations.DelayedAsync()).Count == 0, host.Time, TimeSpan.FromSeconds(1));
        // Once each, although the one without a saga came again and again.
        Assert.Equal(["T1", "T9"], books.Paid.Order());
    }

    [Theory, EveryBackend]
    public async Task Waits_for_a_process_that_knows_the_version_of_its_saga(Backend backend)
    {
        using var ground = new Ground(backend);
        SagaId saga;
        await using (var old = await Host.StartAsync(ground, Services()))
        {
            saga = await StartAsync(old, "T1");
        }

        var newer = new TestSaga(
            s =>
            {
                s.Key(t => t.Id);
                s.WaitFor<TripPaid>("payment").ByKey(e => e.Trip);
            },
            "keyed",
            version: 2,
            oldest: 2);
        await using var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(newer)), Services()[1]);
        await now[Desk].PublishAsync(new TripPaid("T1", "Bob"));
        await Eventually.HoldsAsync("it waits", async () => (await now[Trips].Operations.DelayedAsync()) is [{ Envelope.Saga: { } told }] && told == saga);
        await using var again = await Host.StartAsync(ground, Services());
        await Eventually.HoldsAsync("it is told", async () => (await again[Trips].FindSagaAsync(saga))!.Status == SagaStatus.Completed, ground.Time, TimeSpan.FromMilliseconds(100));
        Assert.Equal("Bob", (await again[Trips].FindSagaAsync(saga))!.State.GetProperty("note").GetString());
    }

    [Theory, EveryBackend]
    public async Task Is_told_although_a_handler_of_it_fails(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, Services(s => s.AddHandlers<Clumsy>()));
        var saga = await StartAsync(host, "T1");
        await host[Desk].PublishAsync(new TripPaid("T1", "Bob"));
        Assert.Equal((SagaStatus.Completed, "Bob"), await EndAsync(host, saga));
        await Eventually.HoldsAsync("the handler has given up", async () => (await host[Trips].Operations.DeadLettersAsync()).Count == 1, host.Time, TimeSpan.FromSeconds(5));
    }

    [Theory, EveryBackend]
    public async Task Is_told_to_each_definition_that_waits_for_it_when_its_saga_is_there(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, Services(s => s.AddSaga<InvoiceSaga>()));
        var first = await StartAsync(host, "T1");
        await host[Desk].PublishAsync(new TripPaid("T1", "Bob"));
        Assert.Equal((SagaStatus.Completed, "Bob"), await EndAsync(host, first));
        // The next with the key is not told what the first was, and another definition's is told yet.
        var next = await StartAsync(host, "T1");
        var invoice = (await host[Trips].StartAsync<InvoiceSaga, Trip>(new Trip("T1"))).Id;
        Assert.Equal((SagaStatus.Completed, "invoiced"), await EndAsync(host, invoice));
        Assert.Equal(SagaStatus.Running, (await host[Trips].FindSagaAsync(next))!.Status);
    }

    [Theory, EveryBackend]
    public async Task Is_kept_for_the_next_saga_when_one_with_the_key_has_ended(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, Services());
        var first = await StartAsync(host, "T1");
        await host[Trips].CancelAsync(first);
        await host[Desk].PublishAsync(new TripPaid("T1", "Bob"));
        await Eventually.HoldsAsync("it is put off", async () => (await host[Trips].Operations.DelayedAsync()).Count == 1);
        Assert.Equal((SagaStatus.Completed, "Bob"), await EndAsync(host, await StartAsync(host, "T1")));
    }

    [Theory, EveryBackend]
    public async Task Is_a_dead_letter_and_handled_all_the_same_when_its_key_cannot_be_read(Backend backend)
    {
        using var ground = new Ground(backend);
        var books = new Books();
        await using var host = await Host.StartAsync(ground, Services(s =>
        {
            s.Services.AddSingleton(books);
            s.AddHandlers<Bookkeeper>().AddSaga<BrokenKeySaga>();
        }));
        var saga = await StartAsync(host, "T1");
        await host[Desk].PublishAsync(new TripPaid("T1", "Bob"));
        Assert.Equal((SagaStatus.Completed, "Bob"), await EndAsync(host, saga));
        var letter = Assert.Single(await host[Trips].Operations.DeadLettersAsync());
        Assert.Equal("the key of its saga 'broken-key' could not be read off it: InvalidOperationException: a fault", letter.Reason);
        Assert.Equal(["T1"], books.Paid);
    }

    [Theory, EveryBackend]
    public async Task Waits_for_a_process_that_has_a_handler_for_it(Backend backend)
    {
        using var ground = new Ground(backend);
        await using (var old = await Host.StartAsync(ground, (Trips, s => s.AddHandlers<Greeter>()), Services()[1]))
        {
            await using var wire = await Wire.StartAsync(old[Trips], "t.elsewhere");
            // As if the new version had subscribed to it already.
            await old[Trips].Engine.Transport.SubscribeAsync("t.TRIP_PAID", "t.trips.events", CancellationToken.None);
            await old[Desk].PublishAsync(new TripPaid("T1", "Bob"));
            await Eventually.HoldsAsync("it is put off", async () => (await old[Trips].Operations.DelayedAsync()) is [{ Reason: "service 't.trips' has no handler for 'TRIP_PAID'" }]);
        }

        var books = new Books();
        await using var host = await Host.StartAsync(ground, Services(s =>
        {
            s.Services.AddSingleton(books);
            s.AddHandlers<Bookkeeper>();
        }));
        Assert.Equal((SagaStatus.Completed, "Bob"), await EndAsync(host, await StartAsync(host, "T1")));
        Assert.Equal(["T1"], books.Paid);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Is_a_dead_letter_when_it_refuses_to_be_read(bool isHandled)
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, Services(s =>
        {
            s.AddSaga<CheckedSaga>();
            if (isHandled)
            {
                s.AddHandlers<Checker>();
            }
        }));
        await using var wire = await Wire.StartAsync(host[Trips], "t.elsewhere");
        await wire.SendAsync(
            new Envelope { Id = Guid.CreateVersion7(), Type = "TRIP_CHECKED", Kind = MessageKind.Event, Source = Desk, Destination = "t.TRIP_CHECKED", Published = true, Time = default },
            """{"trip":"bad"}"""u8.ToArray());
        await Eventually.HoldsAsync("it is a dead letter", async () => (await host[Trips].Operations.DeadLettersAsync()).Count == 1, host.Time, TimeSpan.FromSeconds(5));
        Assert.Empty(await host[Trips].Operations.DelayedAsync());
    }

    [Theory, EveryBackend]
    public async Task Is_told_and_handled_once_although_the_next_step_of_one_of_its_sagas_fails(Backend backend)
    {
        using var ground = new Ground(backend);
        var books = new Books();
        await using var host = await Host.StartAsync(ground, Services(s =>
        {
            s.Services.AddSingleton(books);
            s.AddHandlers<Bookkeeper>().AddSaga<FailingSaga>();
        }));
        var (saga, failing) = (await StartAsync(host, "T1"), (await host[Trips].StartAsync<FailingSaga, Trip>(new Trip("T1"))).Id);
        await host[Desk].PublishAsync(new TripPaid("T1", "Bob"));
        Assert.Equal((SagaStatus.Completed, "Bob"), await EndAsync(host, saga));
        await Eventually.HoldsAsync("the other has turned back", async () => (await host[Trips].FindSagaAsync(failing))!.Status == SagaStatus.Compensated, host.Time, TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(await host[Trips].Operations.TimelineAsync(saga), e => e.Kind == JournalKind.Late);
        Assert.Empty(await host[Trips].Operations.DeadLettersAsync());
    }

    public sealed class FailingSaga : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Key(t => t.Id);
            saga.WaitFor<TripPaid>("payment").ByKey(e => e.Trip);
            saga.Step("fail").Do(Fail).NothingToUndo("a test");
        }

        private static StepResult<Trip> Fail(Trip trip, StepContext context) => throw new InvalidOperationException("a fault");
    }

    [Event("TRIP_CHECKED")]
    public sealed record TripChecked : IEvent
    {
        public TripChecked(string trip) => Trip = trip == "bad" ? throw new ArgumentException("it is bad", nameof(trip)) : trip;

        public string Trip { get; }
    }

    public sealed class CheckedSaga : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Key(t => t.Id);
            saga.WaitFor<TripChecked>("check").ByKey(e => e.Trip);
        }
    }

    public sealed class Checker
    {
        public void Handle(TripChecked @checked, MessageContext context)
        {
        }
    }

    public sealed class Greeter
    {
        public void Handle(TripApproved approved, MessageContext context)
        {
        }
    }

    public sealed class Clumsy
    {
        public void Handle(TripPaid paid, MessageContext context) => throw new InvalidOperationException("a fault");
    }

    public sealed class InvoiceSaga : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Key(t => t.Id);
            saga.WaitFor<TripPaid>("payment").OnEvent((t, _) => t with { Note = "invoiced" }).ByKey(e => e.Trip);
        }
    }

    public sealed class BrokenKeySaga : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Key(t => t.Id);
            saga.WaitFor<TripPaid>("payment").ByKey(_ => throw new InvalidOperationException("a fault"));
        }
    }

    public sealed class Books
    {
        public ConcurrentBag<string> Paid { get; } = [];
    }

    public sealed class Bookkeeper(Books books)
    {
        public void Handle(TripPaid paid, MessageContext context) => books.Paid.Add(paid.Trip);
    }

    private static async Task<SagaId> StartAsync(Host host, string trip) => (await host[Trips].StartAsync<TestSaga, Trip>(new Trip(trip))).Id;

    private static async Task<(SagaStatus, string?)> EndAsync(Host host, SagaId saga)
    {
        await Eventually.HoldsAsync("it has ended", async () => (await host[Trips].FindSagaAsync(saga))!.Status.IsFinal(), host.Time, TimeSpan.FromMilliseconds(10));
        var ended = (await host[Trips].FindSagaAsync(saga))!;
        return (ended.Status, ended.State.GetProperty("note").GetString());
    }
}
