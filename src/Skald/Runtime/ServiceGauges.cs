using System.Diagnostics.Metrics;
using Skald.Diagnostics;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// How much stands in a service's database, and how its lanes are, measured when somebody collects. A database that does not answer in time is measured with what it
/// said before: whoever collects does not wait for it. Every process of a service says the same of its database.
/// </summary>
/// <param name="setup">The service.</param>
/// <param name="store">Its store.</param>
/// <param name="lanes">Its lanes.</param>
internal sealed class ServiceGauges(ServiceSetup setup, StoreAccess store, Lanes lanes) : IGauges
{
    /// <summary>More are not counted.</summary>
    public const long MostCounted = 100_000;

    private static readonly TimeSpan MayTake = TimeSpan.FromSeconds(1);

    // For a while one answer serves all gauges of a collection.
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(5);

    private static readonly SagaStatus[] Open = [SagaStatus.Running, SagaStatus.Compensating, SagaStatus.Parked];
    private static readonly (string Name, TimeSpan Age)[] Ages = [("1m", TimeSpan.FromMinutes(1)), ("1h", TimeSpan.FromHours(1)), ("1d", TimeSpan.FromDays(1))];

    private readonly Lock _lock = new();
    private Task<Counts>? _asking;
    private Counts _last = Counts.Unknown;
    private long _askedAt;

    private KeyValuePair<string, object?> Service => new("service", setup.Service);

    /// <inheritdoc/>
    public Measurement<int> LanesBusy => new(lanes.Busy, Service);

    /// <inheritdoc/>
    public Measurement<int> LanesWaiting => new(lanes.Waiting, Service);

    /// <inheritdoc/>
    public IEnumerable<Measurement<long>> SagasOpen() => Ask().ByStatus.Select(one => new Measurement<long>(one.Count, Service, new("status", one.Status.Word())));

    /// <inheritdoc/>
    public IEnumerable<Measurement<long>> SagasOlder() => Ask().ByAge.Select(one => new Measurement<long>(one.Count, Service, new("older_than", one.Age)));

    /// <inheritdoc/>
    public IEnumerable<Measurement<long>> OutboxPending() => Ask() is { Outbox: { } pending } ? [new Measurement<long>(pending, Service)] : [];

    private Counts Ask()
    {
        lock (_lock)
        {
            if (!store.Serves)
            {
                return Counts.Unknown;
            }

            if (_asking is null && (_askedAt == 0 || setup.Time.GetElapsedTime(_askedAt) > GoodFor))
            {
                _askedAt = setup.Time.GetTimestamp();
                _asking = setup.Options.Surroundings.RunAsync(AskAsync, setup.Stopping);
            }

            if (_asking is { } asking && Wait(asking))
            {
                (_last, _asking) = (asking.IsCompletedSuccessfully ? asking.Result : _last, null);
            }

            return _last;
        }
    }

    private static bool Wait(Task asking)
    {
        try
        {
            return asking.Wait(MayTake);
        }
        catch (AggregateException)
        {
            // The database is away, which others say.
            return true;
        }
    }

    private async Task<Counts> AskAsync()
    {
        var (operations, now) = (store.Store.Operations, store.Now);
        var byStatus = new List<(SagaStatus, long)>();
        foreach (var status in Open)
        {
            byStatus.Add((status, await operations.CountSagasAsync(new InstanceFilter { Statuses = [(int)status] }, MostCounted, setup.Stopping)));
        }

        var byAge = new List<(string, long)>();
        foreach (var (name, age) in Ages)
        {
            var before = UnixTime.From(now - age);
            var running = await operations.CountSagasAsync(new InstanceFilter { Statuses = [(int)SagaStatus.Running], StartedBefore = before }, MostCounted, setup.Stopping);
            byAge.Add((name, running + await operations.CountSagasAsync(new InstanceFilter { Statuses = [(int)SagaStatus.Compensating], StartedBefore = before }, MostCounted, setup.Stopping)));
        }

        return new Counts(byStatus, byAge, await operations.CountOutboxAsync(MostCounted, setup.Stopping));
    }

    private sealed record Counts(IReadOnlyList<(SagaStatus Status, long Count)> ByStatus, IReadOnlyList<(string Age, long Count)> ByAge, long? Outbox)
    {
        public static readonly Counts Unknown = new([], [], null);
    }
}
