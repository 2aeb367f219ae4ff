using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>What a service does when several things go wrong at once.</summary>
public sealed class A_service
{
    private const string Replies = "t.test.replies";
    private readonly Bank _bank = new();
    private readonly RefundDesk _desk = new();
    private readonly SeatMap _seats = new();

    [Fact]
    public async Task Parks_a_saga_whose_undos_all_fail_and_goes_on_with_the_others()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, ("t.trip", b => b.AddSaga<UndosThatFail>()));
        var service = host["t.trip"];

        var bad = await service.StartAsync<UndosThatFail, Trip>(new Trip("bad"));
        await service.RaiseAsync(bad.Id, new TripApproved("Ann"));
        await Eventually.HoldsAsync(
            "the saga is parked", async () => (await service.FindSagaAsync(bad.Id))!.Status == SagaStatus.Parked, host.Time, TimeSpan.FromSeconds(1));

        Assert.Null(service.Problem);
        var good = await service.StartAsync<UndosThatFail, Trip>(new Trip("good"));
        Assert.Equal(SagaStatus.Completed, (await service.FindSagaAsync(good.Id))!.Status);
    }

    [Fact]
    public async Task Lets_a_plain_undo_wait_for_the_outside_call_of_its_step()
    {
        var slow = new TaskCompletionSource<string>();
        _bank.Answer = (_, _, _) => slow.Task;
        using var ground = new Ground(Backend.Memory);
        await using var host = await CardsAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.cards"], Replies);

        await wire.SendAsync(Command(1), new ChargeCard("T1"));
        await Eventually.HoldsAsync("the call has begun", () => Task.FromResult(!_bank.Calls.IsEmpty));
        await wire.SendAsync(Command(1) with { Id = new Guid(2, 2, 2, new byte[8]), Undo = true, Type = "cards.refund" }, new RefundCard("T1"));
        slow.SetResult("receipt");

        Assert.False((await wire.NextAsync()).Envelope!.Undo);
        Assert.True((await wire.NextAsync()).Envelope!.Undo);
        Assert.Equal(1, _bank.Recorded);
        Assert.Equal(1, _desk.Refunds);
    }

    [Fact]
    public async Task Keeps_the_row_of_a_message_that_is_tried_again_until_its_outside_call_has_ended()
    {
        var slow = new TaskCompletionSource<string>();
        _bank.Answer = (_, call, _) => call.Repeated ? slow.Task : throw new HttpRequestException("no line");
        using var ground = new Ground(Backend.Memory);
        await using var host = await CardsAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.cards"], Replies);
        var store = host["t.cards"].Operations;

        await wire.SendAsync(Command(1) with { Saga = null, Step = null, Attempt = 0 }, new ChargeCard("T1"));
        await Eventually.HoldsAsync("the second call has begun", () => Task.FromResult(_bank.Calls.Count == 2), host.Time, TimeSpan.FromMilliseconds(100));
        // Another look for due work finds the row again: it must neither start a third call nor drop the row.
        host.Time.Advance(TimeSpan.FromSeconds(11));
        await host["t.cards"].ExecuteAsync(_ => ValueTask.FromResult(0));
        Assert.Single(await store.DelayedAsync(10));

        slow.SetResult("receipt");
        await wire.NextAsync();
        await Eventually.HoldsAsync("the row is gone", async () => (await store.DelayedAsync(10)).Count == 0, host.Time, TimeSpan.FromSeconds(1));
        Assert.Equal(2, _bank.Calls.Count);
        Assert.Equal(1, _bank.Recorded);
    }

    [Fact]
    public async Task Handles_each_command_of_one_correlation_that_belongs_to_no_saga()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, ("t.seats", b =>
        {
            b.Services.AddSingleton(_seats);
            b.AddHandlers<SeatMap>();
        }));
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        var command = Command(7) with { Type = "seats.reserve", Destination = "t.seats.commands", Step = null, Attempt = 0 };

        await wire.SendAsync(command with { Id = new Guid(1, 0, 0, new byte[8]) }, new ReserveSeat("T1"));
        await wire.SendAsync(command with { Id = new Guid(2, 0, 0, new byte[8]) }, new ReserveSeat("T2"));

        Assert.Equal(["T1", "T2"], new[] { Wire.Read<SeatReserved>(await wire.NextAsync()).Seat, Wire.Read<SeatReserved>(await wire.NextAsync()).Seat }.Order());
    }

    [Fact]
    public async Task Refuses_sagas_once_it_has_stopped()
    {
        using var ground = new Ground(Backend.Memory);
        var host = await Host.StartAsync(ground, ("t.trip", b => b.AddSaga<UndosThatFail>()));
        var service = host["t.trip"];
        await host.DisposeAsync();

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => service.StartAsync<UndosThatFail, Trip>(new Trip("good")).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken));
        Assert.Contains("has stopped", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "2 starts are waiting")]
    [InlineData(1000, "a start has waited for 5 s")]
    public async Task Refuses_requests_that_it_has_no_time_for_and_begins_nothing_of_them(int room, string why)
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await Host.StartAsync(
            ground,
            ("t.trip", b => b.AddSaga<UndosThatFail>().Configure(o => o with { RequestsWaiting = room, RequestPatience = TimeSpan.FromSeconds(5), BatchSize = 1 })));
        var service = host["t.trip"];
        var (begun, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        var busy = service.ExecuteAsync(async _ =>
        {
            begun.TrySetResult();
            await gate.Task;
            return 0;
        });
        await begun.Task.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        var starts = Enumerable.Range(0, 3).Select(_ => service.StartAsync<UndosThatFail, Trip>(new Trip("good"))).ToList();
        var refused = room < 3 ? starts[2] : starts[0];
        if (room >= 3)
        {
            Assert.DoesNotContain(starts, start => start.IsCompleted);
            host.Time.Advance(TimeSpan.FromSeconds(6));
        }

        var overloaded = await Assert.ThrowsAsync<OverloadedException>(() => refused.WaitAsync(Eventually.Patience));
        Assert.Contains(why, overloaded.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(5), overloaded.RetryAfter);
        gate.SetResult();
        await busy;
        await Task.WhenAll(starts).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Equal(room < 3 ? 2 : 0, (await service.Operations.CountSagasAsync(new SagaQuery())).Value);
    }

    [Fact]
    public async Task Tells_a_request_that_it_stops_and_waits_for_it_no_longer()
    {
        using var ground = new Ground(Backend.Sqlite);
        var host = await Host.StartAsync(ground, ("t.trip", b => b.AddSaga<UndosThatFail>()));
        var begun = new TaskCompletionSource();
        var request = host["t.trip"].ExecuteAsync(async context =>
        {
            begun.TrySetResult();
            await new TaskCompletionSource().Task.WaitAsync(context.CancellationToken);
            return 0;
        });
        await begun.Task.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        await host.DisposeAsync();

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => request);
        Assert.Contains("has stopped", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Can_be_started_again_after_a_start_that_failed_half_way()
    {
        await using var transport = new FirstConsumerFails();
        await using var provider = new ServiceCollection().AddSkald("t.cards", b =>
        {
            b.Services.AddSingleton(_bank);
            b.AddHandlers<Bank>().UseTransport(_ => transport);
        }).BuildServiceProvider();
        var services = provider.GetRequiredService<SkaldServices>();
        await Assert.ThrowsAsync<IOException>(() => services.ServeAsync(CancellationToken.None));

        await services.ServeAsync(CancellationToken.None);

        await using var wire = await Wire.StartAsync(services["t.cards"], Replies);
        await wire.SendAsync(Command(1), new ChargeCard("T1"));
        await wire.NextAsync();
    }

    [Fact]
    public async Task Stores_nothing_of_a_batch_that_a_handlers_statement_has_rolled_back()
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await Host.StartAsync(ground, ("t.trip", b => b.AddSaga<UndosThatFail>()
            .AddSchema("CREATE TABLE IF NOT EXISTS t (id TEXT PRIMARY KEY)").AddSchema("INSERT OR IGNORE INTO t VALUES ('there')")));
        var service = host["t.trip"];
        var gate = new TaskCompletionSource();

        // The lane is busy while the next two arrive, so that they share a batch.
        var busy = service.ExecuteAsync(async _ =>
        {
            await gate.Task;
            return 0;
        });
        var start = service.StartAsync<UndosThatFail, Trip>(new Trip("good"), new StartOptions { IdempotencyKey = "key" });
        var rollsBack = service.ExecuteAsync(context =>
        {
            using var command = context.Connection.CreateCommand();
            command.Transaction = context.Transaction;
            command.CommandText = "INSERT OR ROLLBACK INTO t VALUES ('there')";
            Assert.ThrowsAny<DbException>(() => command.ExecuteNonQuery());
            return ValueTask.FromResult(0);
        });
        gate.SetResult();

        await busy;
        Assert.False((await start).Repeated);
        await Assert.ThrowsAsync<InvalidOperationException>(() => rollsBack);
        Assert.Equal(1, (await service.Operations.CountSagasAsync(new SagaQuery())).Value);
    }

    [Fact]
    public async Task Stops_although_its_broker_cannot_write()
    {
        using var folder = new TempFolder();
        await using var provider = new ServiceCollection().AddSkald("t.trip", b => b.AddSaga<RemoteStep>()
            .UseSqlite(folder.File("trip.db"))
            .UseSqliteBroker(folder.File("broker.db"), new SqliteOptions { BusyTimeout = TimeSpan.FromSeconds(1) })).BuildServiceProvider();
        var services = provider.GetRequiredService<SkaldServices>();
        await services.ServeAsync(CancellationToken.None);
        await using var other = new SqliteConnection($"Data Source={folder.File("broker.db")};Pooling=False");
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await using var writing = other.BeginTransaction(deferred: false);

        await services["t.trip"].StartAsync<RemoteStep, Trip>(new Trip("T1"));
        var stopping = services.StopAsync();
        await stopping.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    private Task<Host> CardsAsync(Ground ground) => Host.StartAsync(ground, ("t.cards", b =>
    {
        b.Services.AddSingleton(_bank);
        b.Services.AddSingleton(_desk);
        b.AddHandlers<Bank>();
        b.AddHandlers<RefundDesk>();
    }));

    private static Envelope Command(int saga) => Bank.Charge(saga, Replies);
}

/// <summary>A transport whose broker is not quite up when it is first asked for messages.</summary>
internal sealed class FirstConsumerFails : ITransport
{
    private readonly InMemoryTransport _transport = new();
    private bool _failed;

    public TransportDescription Description => _transport.Description;

    public string? Problem => null;

    public Task StartAsync(CancellationToken cancellationToken) => _transport.StartAsync(cancellationToken);

    public Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken) => _transport.SendAsync(messages, cancellationToken);

    public Task<IAsyncDisposable> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken)
    {
        if (!_failed)
        {
            _failed = true;
            throw new IOException("not yet");
        }

        return _transport.ConsumeAsync(queue, window, deliver, cancellationToken);
    }

    public Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken) => _transport.SubscribeAsync(topic, queue, cancellationToken);

    public ValueTask DisposeAsync() => _transport.DisposeAsync();
}

/// <summary>Two local steps whose undos always throw; trip "bad" is refused by the last step.</summary>
public sealed class UndosThatFail : Saga<Trip>
{
    protected override void Define(SagaBuilder<Trip> saga)
    {
        saga.Step("pack").Do((t, _) => t).Undo(Fails);
        saga.Step("lock the door").Do((t, _) => t).Undo(Fails);
        saga.WaitFor<TripApproved>("approval").When(t => t.Id == "bad");
        saga.Step("leave").Do((t, _) => t.Id == "bad" ? new Refusal("Rain", "It rains.") : (StepResult<Trip>)t).NothingToUndo("it is the last");
    }

    private static StepResult<Trip> Fails(Trip trip, StepContext context) => throw new InvalidOperationException("no such table");
}

/// <summary>One step whose participant is never there.</summary>
public sealed class RemoteStep : Saga<Trip>
{
    protected override void Define(SagaBuilder<Trip> saga) =>
        saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
}

/// <summary>Gives refunds without calling anybody.</summary>
public sealed class RefundDesk
{
    public int Refunds { get; private set; }

    public Reply<Done> Handle(RefundCard command, MessageContext context)
    {
        Refunds++;
        return Done.Instance;
    }
}

/// <summary>Gives each trip the seat of its name.</summary>
public sealed class SeatMap
{
    public Reply<SeatReserved> Handle(ReserveSeat command, MessageContext context) => new SeatReserved(command.Trip);
}
