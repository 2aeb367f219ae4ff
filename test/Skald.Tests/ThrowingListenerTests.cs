using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Skald.Tests;

/// <summary>Listeners, meters and log providers that throw whatever they are told.</summary>
[Collection(nameof(ActivityListener))]
public sealed class Those_who_listen_and_throw : IDisposable
{
    private static int s_count;

    private readonly string _trips = $"heckled{Interlocked.Increment(ref s_count)}.trips";
    private readonly ActivityListener _spans;
    private readonly MeterListener _meters = new();
    private int _thrown;

    public Those_who_listen_and_throw()
    {
        _spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Skald",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = span => Throw(span.OperationName.Contains("heckled", StringComparison.Ordinal)),
            ActivityStopped = span => Throw((string?)span.GetTagItem("skald.service") == _trips),
        };
        ActivitySource.AddActivityListener(_spans);
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Skald")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<long>((_, _, tags, _) => Throw(IsMine(tags)));
        _meters.SetMeasurementEventCallback<int>((_, _, tags, _) => Throw(IsMine(tags)));
        _meters.SetMeasurementEventCallback<double>((_, _, tags, _) => Throw(IsMine(tags)));
        _meters.Start();
    }

    public void Dispose()
    {
        _spans.Dispose();
        _meters.Dispose();
    }

    [Theory, EveryBackend]
    public async Task Spoil_nothing_and_have_nothing_done_twice(Backend backend)
    {
        using var ground = new Ground(backend);
        using var scopes = new ThrowingScopes();
        await using var provider = new ServiceCollection().AddSingleton<TimeProvider>(ground.Time).AddLogging(logging => logging.AddProvider(scopes)).AddSkald(_trips, s =>
        {
            ground.Configure(s);
            s.AddSaga<CountedSaga>().AddHandlers<CountedSeats>().Publishes<TripApproved>();
        }).AddSingleton<Tally>().BuildServiceProvider();
        var services = provider.GetRequiredService<SkaldServices>();
        await services.ServeAsync(CancellationToken.None);
        var (service, count) = (services[_trips], provider.GetRequiredService<Tally>());
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(i + 1, await service.ExecuteAsync(context =>
            {
                context.Publish(new TripApproved("Ann"));
                return new ValueTask<int>(count.AddRequest());
            }));
            Assert.Equal(SagaStatus.Completed, (await service.WaitAsync((await service.StartAsync<CountedSaga, Trip>(new Trip($"T{i}"))).Id)).Status);
        }

        await Eventually.HoldsAsync("all events have come", () => Task.FromResult(count.Events >= 5));
        await Eventually.HoldsAsync("nothing is left to be sent", async () => await service.Operations.CountOutboxAsync() is { Value: 0 }, ground.Time, TimeSpan.FromMilliseconds(100));
        Assert.Equal((5, 5, 5), (count.Requests, count.Steps, count.Events));
        Assert.Equal((0, 0), ((await service.Operations.DelayedAsync()).Count, (await service.Operations.DeadLettersAsync()).Count));
        Assert.True(_thrown > 50, $"{_thrown} were thrown");
        await services.StopAsync();
    }

    private bool IsMine(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == "service" && (string?)tag.Value == _trips)
            {
                return true;
            }
        }

        return false;
    }

    private void Throw(bool isMine)
    {
        if (isMine)
        {
            Interlocked.Increment(ref _thrown);
            throw new InvalidOperationException("who listens has thrown");
        }
    }

    public sealed class Tally
    {
        private int _requests;
        private int _steps;
        private int _events;

        public int Requests => Volatile.Read(ref _requests);

        public int Steps => Volatile.Read(ref _steps);

        public int Events => Volatile.Read(ref _events);

        public int AddRequest() => Interlocked.Increment(ref _requests);

        public void AddStep() => Interlocked.Increment(ref _steps);

        public void AddEvent() => Interlocked.Increment(ref _events);
    }

    public sealed class CountedSaga(Tally count) : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Step("count").Do((t, _) =>
            {
                count.AddStep();
                return t;
            }).NothingToUndo("a count");
        }
    }

    public sealed class CountedSeats(Tally count)
    {
        public void Handle(TripApproved approved, MessageContext context) => count.AddEvent();
    }

    private sealed class ThrowingScopes : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => throw new InvalidOperationException("no scope");

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
        }

        public void Dispose()
        {
        }
    }
}
