using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Skald.Diagnostics;

namespace Skald.Runtime;

/// <summary>What is told of a call of code that is not ours: its span, the scope of its log lines, and how long it took.</summary>
internal readonly struct TracedCall : IDisposable
{
    private readonly Activity? _span;
    private readonly IDisposable? _scope;
    private readonly CallCause _cause;
    private readonly TimeProvider _time;
    private readonly long? _begun;

    private TracedCall(in CallCause cause, Activity? span, IDisposable? scope, TimeProvider time)
    {
        (_cause, _span, _scope, _time) = (cause, span, scope, time);
        _begun = SkaldMeter.CallDuration.Enabled ? time.GetTimestamp() : null;
    }

    /// <summary>The trace context of whatever comes of it.</summary>
    public string? TraceParent => _span?.Id ?? _cause.TraceParent;

    /// <summary>Begins it. Its span and its scope are current in the calling method and in what that calls.</summary>
    public static TracedCall Begin(in CallCause cause, ServiceSetup setup) =>
        new(cause, Tracing.Call(cause), setup.Logger.IsEnabled(LogLevel.Error) ? setup.Logger.BeginScope(new CallScope(cause)) : null, setup.Time);

    /// <summary>It returned.</summary>
    /// <param name="refusal">Its answer, if that is a refusal.</param>
    public void Returned(Refusal? refusal)
    {
        if (refusal is not null)
        {
            _span?.Refused(refusal);
        }

        Measure(null);
    }

    /// <summary>It threw.</summary>
    public void Failed(Exception exception)
    {
        _span?.Failed(exception);
        Measure(exception.GetType().FullName);
    }

    public void Dispose()
    {
        _scope?.Dispose();
        _span?.Stop();
    }

    private void Measure(string? error)
    {
        if (_begun is { } begun)
        {
            SkaldMeter.CallTook(_cause, _time.GetElapsedTime(begun), error);
        }
    }
}
