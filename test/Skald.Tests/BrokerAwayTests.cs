using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>What begins while a broker is away comes home all at once when it is back, and misses its deadlines: so new sagas wait.</summary>
public sealed class A_broker_that_takes_nothing
{
    private const string Trips = "t.trips";

    private static readonly TestSaga OneStep = new(saga => saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)), "one-step");

    private readonly Broker _broker = new();

    [Theory, EveryBackend]
    public async Task Keeps_new_sagas_waiting_until_it_answers(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        using var broker = _broker;
        (_broker.IsSilent, _broker.StandsStill) = (true, true);
        await StartsAsync(host).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync("it is being sent", () => Task.FromResult(_broker.Held > 0));
        // Not being quick is not being away.
        await StartsAsync(host).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        host.Time.Advance(TimeSpan.FromSeconds(2));
        var next = await WaitsAsync(host);
        _broker.Recovers();
        await BeginsSoonAsync(host, next);
    }

    [Theory]
    [InlineData(Backend.Memory, null)]
    [InlineData(Backend.Sqlite, null)]
    [InlineData(Backend.Memory, "its connection is lost")]
    [InlineData(Backend.Sqlite, "its connection is lost")]
    public async Task Keeps_them_waiting_after_what_it_was_given_came_back_for_as_long_as_it_is_silent_or_lost(Backend backend, string? problem)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        using var broker = _broker;
        (_broker.Refuses, _broker.StandsStill, _broker.Problem) = (true, problem is null, problem);
        await StartsAsync(host).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync("it came back", () => Task.FromResult(_broker.Refused > 0));
        var next = await WaitsAsync(host);
        _broker.Recovers();
        await BeginsSoonAsync(host, next);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Is_there_for_new_sagas_when_it_answers_whatever_it_does_not_take(bool isSilent)
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await StartAsync(ground);
        using var broker = _broker;
        (_broker.IsSilent, _broker.Refuses) = (isSilent, !isSilent);
        await StartsAsync(host).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync("it is not taken", () => Task.FromResult(_broker.Refused + _broker.Held > 0));
        host.Time.Advance(TimeSpan.FromSeconds(2));
        await StartsAsync(host).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Is_named_to_those_that_have_waited_for_too_long()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await StartAsync(ground);
        using var broker = _broker;
        (_broker.IsSilent, _broker.StandsStill) = (true, true);
        await StartsAsync(host);
        await Eventually.HoldsAsync("it is being sent", () => Task.FromResult(_broker.Held > 0));
        host.Time.Advance(TimeSpan.FromSeconds(2));
        var next = await WaitsAsync(host);
        host.Time.Advance(TimeSpan.FromMinutes(3));

        var refused = await Assert.ThrowsAsync<OverloadedException>(() => next.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken));
        Assert.Contains("because the broker takes no messages", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await host[Trips].Operations.CountSagasAsync(new SagaQuery())).Value);
    }

    [Theory, EveryBackend]
    public async Task Ends_nobodys_deadline_by_standing_still(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        using var broker = _broker;
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var saga = (await StartsAsync(host)).Id;
        var command = (await seats.NextAsync()).Envelope!;
        _broker.StandsStill = true;
        var asked = _broker.Asked;
        await Eventually.HoldsAsync("its deadline has long passed", () => Task.FromResult(_broker.Asked > asked + 10), host.Time, TimeSpan.FromSeconds(10));
        Assert.Equal(SagaStatus.Running, (await host[Trips].FindSagaAsync(saga))!.Status);

        _broker.Recovers();
        await seats.SendAsync(Wire.Answer(command), new SeatReserved("12A"));
        await Eventually.HoldsAsync("it has ended well", async () => (await host[Trips].FindSagaAsync(saga))!.Status == SagaStatus.Completed);

        // Of one that is asked now, and that nobody answers, it ends again.
        var another = (await StartsAsync(host)).Id;
        await Eventually.HoldsAsync("its deadline ends", async () => (await host[Trips].FindSagaAsync(another))!.Status != SagaStatus.Running, host.Time, TimeSpan.FromSeconds(1));
    }

    /// <summary>Long before it would be looked at for waiting too long.</summary>
    private static async Task BeginsSoonAsync(Host host, Task next)
    {
        var since = host.Time.GetUtcNow();
        await Eventually.HoldsAsync("it begins", () => Task.FromResult(next.IsCompletedSuccessfully), host.Time, TimeSpan.FromMilliseconds(100));
        Assert.InRange(host.Time.GetUtcNow() - since, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    private Task<Host> StartAsync(Ground ground) => Host.StartAsync(ground, (Trips, s =>
    {
        var inner = s.AddTestSaga(OneStep).Configure(o => o with { Lease = TimeSpan.FromMinutes(10) }).Transport;
        s.UseTransport(provider => new AwayTransport(inner(provider), _broker));
    }));

    private static Task<SagaStart<Trip>> StartsAsync(Host host) => host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"));

    /// <summary>One that is started, and is not begun though it would have had its turn.</summary>
    private static async Task<Task> WaitsAsync(Host host)
    {
        var next = StartsAsync(host);
        await host.RequestsHaveTheirTurnAsync(Trips);
        Assert.False(next.IsCompleted);
        return next;
    }

    private sealed class Broker : IDisposable
    {
        private readonly TaskCompletionSource _recovers = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _asked;
        private int _held;
        private int _refused;

        public volatile bool IsSilent;
        public volatile bool Refuses;
        public volatile string? Problem;

        public volatile bool StandsStill;

        public int Asked => _asked;

        public int Held => _held;

        public int Refused => _refused;

        public void Recovers()
        {
            (IsSilent, Refuses, StandsStill, Problem) = (false, false, false, null);
            _recovers.TrySetResult();
        }

        /// <summary>A service that stops waits for what it has sent.</summary>
        public void Dispose() => Recovers();

        public Task AnswerAsync()
        {
            Interlocked.Increment(ref _asked);
            return StandsStill ? _recovers.Task : Task.CompletedTask;
        }

        public async Task TakeAsync(IReadOnlyList<OutgoingMessage> messages)
        {
            if (IsSilent)
            {
                Interlocked.Increment(ref _held);
                await _recovers.Task;
            }

            if (Refuses)
            {
                Interlocked.Increment(ref _refused);
                throw new SendFailedException("no", [.. messages.Select(m => m.Envelope.Id)]);
            }
        }
    }

    private sealed class AwayTransport(ITransport inner, Broker broker) : PassingTransport(inner)
    {
        public override string? Problem => broker.Problem ?? base.Problem;

        public override Task ProbeAsync(CancellationToken cancellationToken) => broker.AnswerAsync();

        public override async Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
        {
            await broker.TakeAsync(messages);
            await base.SendAsync(messages, cancellationToken);
        }
    }
}
