using System.Diagnostics.Metrics;

namespace Skald.Tests;

/// <summary>Adds up what a counter of Skald's counts for a service from now on.</summary>
internal sealed class MetricCount : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _value;

    public MetricCount(string name, string service)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Skald" && instrument.Name == name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "service", Value: string value } && value == service)
                {
                    Interlocked.Add(ref _value, count);
                }
            }
        });
        _listener.Start();
    }

    public long Value => Interlocked.Read(ref _value);

    public void Dispose() => _listener.Dispose();
}
