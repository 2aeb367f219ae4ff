using System.Diagnostics.Metrics;

namespace Skald.Bench;

/// <summary>Counts sagas that end in this process by Skald's own meter: asking the database every few milliseconds would cost what is measured.</summary>
internal sealed class EndCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _left;

    /// <param name="count">How many have to end.</param>
    public EndCounter(int count)
    {
        _left = count;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "skald.sagas.changed")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Count);
        _listener.Start();
    }

    public Task Reached => _reached.Task;

    public void Dispose() => _listener.Dispose();

    private void Count(Instrument instrument, long measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        foreach (var (key, value) in tags)
        {
            if (key == "status" && value is "completed" or "compensated" && Interlocked.Decrement(ref _left) == 0)
            {
                _reached.TrySetResult();
            }
        }
    }
}
