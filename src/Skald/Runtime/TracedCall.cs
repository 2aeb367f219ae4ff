using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Skald.Diagnostics;

namespace Skald.Runtime;

/// <summary>What is told of a call of code that is not ours: its span, the scope of its log lines, and how long it took. Whoever listens and throws spoils nothing.</summary>
internal readonly struct TracedCall : IDisposable
{
    private readonly ServiceSetup _setup;
    private readonly CallCause _cause;
    private readonly Activity? _span;
    private readonly IDisposable? _scope;
    private readonly long? _begun;

    private TracedCall(in CallCause cause, ServiceSetup setup, Activity? span, IDisposable? scope)
    {
        (_cause, _setup, _span, _scope) = (cause, setup, span, scope);
        _begun = SkaldMeter.CallDuration.Enabled ? setup.Time.GetTimestamp() : null;
    }

    /// <summary>The trace context of whatever comes of it.</summary>
    public string? TraceParent => _span is not null && Tracing.IsOn ? _span.Id : _cause.TraceParent;

    /// <summary>Begins it. Its span and its scope are current in the calling method and in what that calls.</summary>
    public static TracedCall Begin(CallCause cause, ServiceSetup setup) => new(
        cause, setup, Tracing.Call(cause), setup.Logger.IsEnabled(LogLevel.Error) ? Quietly.Make(() => setup.Logger.BeginScope(new CallScope(cause))) : null);

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

    /// <summary>It threw. Whoever is cancelled because the service stops has not failed.</summary>
    public void Failed(Exception exception)
    {
        if (exception is OperationCanceledException && _setup.IsStopping)
        {
            return;
        }

        _span?.Failed(exception);
        Measure(exception.GetType().FullName);
    }

    public void Dispose()
    {
        if (_scope is { } scope)
        {
            Quietly.Tell(scope.Dispose);
        }

        _span?.End();
    }

    private void Measure(string? error)
    {
        if (_begun is { } begun)
        {
            var (cause, took) = (_cause, _setup.Time.GetElapsedTime(begun));
            Quietly.Tell(() => SkaldMeter.CallTook(cause, took, error));
        }
    }
}
