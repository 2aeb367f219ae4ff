using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Skald.Diagnostics;

namespace Skald.Runtime;

/// <summary>What a batch does, for logs and metrics. Told once, after the commit: a batch that is rolled back has done nothing.</summary>
internal sealed class BatchFacts(string service)
{
    private List<(Counter<long> Counter, KeyValuePair<string, object?>[] Tags)>? _counted;
    private List<(Histogram<double> Histogram, TimeSpan Took, KeyValuePair<string, object?>[] Tags)>? _measured;
    private List<Action<ILogger>>? _lines;

    /// <summary>Something countable happened.</summary>
    public void Count(Counter<long> counter, params ReadOnlySpan<(string Name, object? Value)> tags)
    {
        if (!counter.Enabled)
        {
            return;
        }

        (_counted ??= []).Add((counter, All(tags)));
    }

    /// <summary>A message was handled.</summary>
    /// <param name="destination">Where it came from, as the service itself names it: what strangers write is no name of a metric.</param>
    public void CountConsumed(string destination) => Count(SkaldMeter.Consumed, ("messaging.system", "skald"), ("messaging.destination.name", destination));

    /// <summary>Something took its time.</summary>
    public void Measure(Histogram<double> histogram, TimeSpan took, params ReadOnlySpan<(string Name, object? Value)> tags)
    {
        if (histogram.Enabled)
        {
            (_measured ??= []).Add((histogram, took, All(tags)));
        }
    }

    /// <summary>A saga entered a status.</summary>
    public void Count(string saga, SagaStatus before, SagaStatus after)
    {
        if (before != after)
        {
            Count(SkaldMeter.Sagas, ("saga", saga), ("status", after.Word()));
        }
    }

    /// <summary>Something happened that is worth a line.</summary>
    public void Say(Action<ILogger> line) => (_lines ??= []).Add(line);

    /// <summary>The batch is committed.</summary>
    public void Tell(ILogger logger)
    {
        _counted?.ForEach(one => one.Counter.Add(1, one.Tags));
        _measured?.ForEach(one => one.Histogram.Record(one.Took.TotalSeconds, one.Tags));
        _lines?.ForEach(line => line(logger));
    }

    private KeyValuePair<string, object?>[] All(ReadOnlySpan<(string Name, object? Value)> tags)
    {
        var all = new KeyValuePair<string, object?>[tags.Length + 1];
        all[0] = new("service", service);
        for (var i = 0; i < tags.Length; i++)
        {
            all[i + 1] = new(tags[i].Name, tags[i].Value);
        }

        return all;
    }
}
