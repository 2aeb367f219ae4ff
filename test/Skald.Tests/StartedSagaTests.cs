using Microsoft.Extensions.DependencyInjection;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>Begins a trip when it is approved; can be made to fail right after that.</summary>
public sealed class TripStarter
{
    public int Failures { get; set; }

    public void Handle(TripApproved approved, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(approved);
        ArgumentNullException.ThrowIfNull(context);
        context.Start<TestSaga, Trip>(new Trip(approved.By));
        if (Failures-- > 0)
        {
            throw new InvalidOperationException("after the saga was asked for");
        }
    }
}

public sealed class A_saga_that_a_handler_starts
{
    private const string Trips = "t.trips";

    private readonly TripStarter _starter = new();
    private int _created;

    private static readonly Envelope Approved = new()
    {
        Id = new Guid("0f8fad5b-d9cb-469f-a165-70867728950e"), Type = "TRIP_APPROVED", Kind = MessageKind.Event, Source = "t.test",
        Destination = "t.TRIP_APPROVED", Published = true, Time = DateTimeOffset.UnixEpoch,
    };

    [Theory, EveryBackend]
    public async Task Is_started_once_however_often_the_message_comes(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host[Trips], "t.test.replies");
        var another = Approved with { Id = new Guid("7c9e6679-7425-40de-944b-e07fc1f90ae7") };
        await wire.SendAsync((Approved, new TripApproved("Ann")), (Approved, new TripApproved("Ann")));
        await wire.SendAsync((Approved, new TripApproved("Ann")), (another, new TripApproved("Bob")));

        await CompletedAsync(host, 2);
        Assert.Equal(2, _created);
    }

    [Theory, EveryBackend]
    public async Task Is_not_started_when_the_handler_fails_and_is_when_it_is_tried_again(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host[Trips], "t.test.replies");
        _starter.Failures = 2; // In the batch, and alone.
        await wire.SendAsync(Approved, new TripApproved("Ann"));

        await Eventually.HoldsAsync("the message is put off", async () => (await host[Trips].Operations.DelayedAsync(10)).Count == 1);
        Assert.Equal(0, await CountAsync(host));
        await Eventually.HoldsAsync("the saga has run", async () => await CountAsync(host) == 1, host.Time, TimeSpan.FromMilliseconds(100));
        Assert.Equal(1, _created);
    }

    [Theory, EveryBackend]
    public async Task Is_started_by_a_request_too_and_an_unknown_one_is_refused(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await host[Trips].ExecuteAsync(context =>
        {
            context.Start<TestSaga, Trip>(new Trip("T1"));
            return ValueTask.FromResult(true);
        });
        await CompletedAsync(host, 1);

        var unknown = await Assert.ThrowsAsync<ArgumentException>(() => host[Trips].ExecuteAsync(context =>
        {
            context.Start<UnknownSaga, Trip>(new Trip("T2"));
            return ValueTask.FromResult(true);
        }));
        Assert.Contains("AddSaga<UnknownSaga>()", unknown.Message, StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync(host));
    }

    private static Task CompletedAsync(Host host, int count) =>
        Eventually.HoldsAsync($"{count} sagas are completed", async () => (await host[Trips].Operations.CountSagasAsync(new SagaQuery { Status = SagaStatus.Completed })).Value == count);

    private static async Task<long> CountAsync(Host host) => (await host[Trips].Operations.CountSagasAsync(new SagaQuery())).Value;

    private Task<Host> StartAsync(Ground ground) => Host.StartAsync(ground, (Trips, builder =>
    {
        builder.Services.AddSingleton(_starter);
        builder.Services.AddSingleton(new TestSaga(saga => saga.Step("create trip").Do((t, _) =>
        {
            Interlocked.Increment(ref _created);
            return t;
        }).NothingToUndo("a test")));
        builder.AddHandlers<TripStarter>().AddSaga<TestSaga>();
    }));

    private sealed class UnknownSaga : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => saga.Step("nothing").Do((t, _) => t).NothingToUndo("a test");
    }
}
