using System.Diagnostics.Metrics;

namespace Skald.Management;

/// <summary>
/// What the engine's own meter says, kept for ten minutes: whoever looks costs no query. It counts what this process does, from when it was made.
/// </summary>
internal sealed class MetricRing : IDisposable
{
    private const int Slots = 60;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    // In seconds; each a fifth to a half above the one before.
    private static readonly double[] Bounds =
    [
        0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400, 604_800,
    ];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<long, Slot>> _services = [];
    private readonly MeterListener _listener = new();
    private readonly TimeProvider _time;

    public MetricRing(TimeProvider time)
    {
        _time = time;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Skald" && instrument.Name is "skald.sagas.started" or "skald.sagas.changed" or "skald.saga.duration" or "skald.messages.handled" or "skald.messages.dead_lettered")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Count(instrument.Name, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, _) => Took(value, tags));
        _listener.Start();
    }

    /// <summary>The process's own.</summary>
    public static MetricRing Shared { get; } = new(TimeProvider.System);

    public MetricsReport Report(string service, DateTimeOffset now)
    {
        lock (_lock)
        {
            var last = _time.GetUtcNow().Ticks / Every.Ticks;
            var slots = _services.GetValueOrDefault(service) ?? [];
            var took = new long[Bounds.Length + 1];
            var series = new List<MetricPoint>();
            for (var at = last - Slots + 1; at <= last; at++)
            {
                var slot = slots.GetValueOrDefault(at);
                series.Add(new MetricPoint(
                    new DateTimeOffset(at * Every.Ticks, TimeSpan.Zero), slot?.Started ?? 0, slot?.Completed ?? 0, slot?.Compensated ?? 0, slot?.Parked ?? 0, slot?.Handled ?? 0, slot?.DeadLettered ?? 0));
                for (var i = 0; slot is not null && i < took.Length; i++)
                {
                    took[i] += slot.Took[i];
                }
            }

            return new MetricsReport(now, Every.TotalSeconds, [new ServiceMetrics { Service = service, Series = series, P50Seconds = Percentile(took, 0.5), P95Seconds = Percentile(took, 0.95), P99Seconds = Percentile(took, 0.99) }]);
        }
    }

    public void Dispose() => _listener.Dispose();

    private static double? Percentile(long[] took, double part)
    {
        var (all, seen) = (took.Sum(), 0L);
        for (var i = 0; all > 0 && i < Bounds.Length; i++)
        {
            seen += took[i];
            if (seen >= all * part)
            {
                return Bounds[i];
            }
        }

        return all > 0 ? Bounds[^1] : null;
    }

    private void Count(string instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var status = Tag(tags, "status");
        Change(tags, slot =>
        {
            switch (instrument, status)
            {
                case ("skald.sagas.started", _): slot.Started += value; break;
                case ("skald.messages.handled", _): slot.Handled += value; break;
                case ("skald.messages.dead_lettered", _): slot.DeadLettered += value; break;
                case (_, "completed"): slot.Completed += value; break;
                case (_, "compensated"): slot.Compensated += value; break;
                case (_, "parked"): slot.Parked += value; break;
            }
        });
    }

    private void Took(double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var bucket = Array.FindIndex(Bounds, bound => seconds <= bound);
        Change(tags, slot => slot.Took[bucket < 0 ? Bounds.Length : bucket]++);
    }

    private void Change(ReadOnlySpan<KeyValuePair<string, object?>> tags, Action<Slot> change)
    {
        if (Tag(tags, "service") is not { } service)
        {
            return;
        }

        lock (_lock)
        {
            if (!_services.TryGetValue(service, out var slots))
            {
                _services[service] = slots = [];
            }

            var at = _time.GetUtcNow().Ticks / Every.Ticks;
            if (!slots.TryGetValue(at, out var slot))
            {
                slots[at] = slot = new Slot(new long[Bounds.Length + 1]);
                while (slots.Count > Slots)
                {
                    slots.Remove(slots.First().Key);
                }
            }

            change(slot);
        }
    }

    private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == name)
            {
                return tag.Value as string;
            }
        }

        return null;
    }

    private sealed record Slot(long[] Took)
    {
        public long Started { get; set; }

        public long Completed { get; set; }

        public long Compensated { get; set; }

        public long Parked { get; set; }

        public long Handled { get; set; }

        public long DeadLettered { get; set; }
    }
}
