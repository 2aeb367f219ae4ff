using System.Diagnostics;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>Spans of what a batch does, which end with its commit. Those of a batch that is rolled back are never told.</summary>
/// <param name="service">The service.</param>
internal sealed class BatchSpans(string service)
{
    private List<Activity>? _open;

    /// <summary>A saga starts.</summary>
    /// <param name="plan">Its plan.</param>
    /// <param name="saga">The saga.</param>
    /// <param name="cause">The trace context of whoever started it.</param>
    /// <param name="begun">Its span, if it was tried before: what was traced then belongs to it as well. Set to the one it has.</param>
    /// <returns>The trace context of all that is done for it.</returns>
    public string? Start(SagaPlan plan, SagaId saga, string? cause, ref Activity? begun) =>
        Keep(begun ??= Tracing.IsOn ? Tracing.Start(service, plan.Name, saga, cause) : null, cause);

    /// <summary>A message is made.</summary>
    /// <param name="message">Its envelope.</param>
    /// <param name="cause">The trace context of what it is made for.</param>
    /// <returns>The message, with the trace context that it carries.</returns>
    public Envelope Send(Envelope message, string? cause)
    {
        var traceParent = Keep(Tracing.IsOn ? Tracing.Send(message, cause) : null, cause);
        return traceParent is null ? message : message with { TraceParent = traceParent };
    }

    /// <summary>A saga is told something.</summary>
    public void Receive(Envelope message, SagaRun saga) => Keep(Tracing.IsOn ? Tracing.Receive(service, message, saga.TraceParent) : null, null);

    /// <summary>A saga goes on by itself.</summary>
    public void Wake(SagaRun saga) => Keep(Tracing.IsOn ? Tracing.Wake(service, saga.Plan.Name, saga.Instance.Id, saga.TraceParent) : null, null);

    /// <summary>The batch is committed.</summary>
    public void End() => _open?.ForEach(span => span.End());

    private string? Keep(Activity? span, string? otherwise)
    {
        if (span is null)
        {
            return otherwise;
        }

        (_open ??= []).Add(span);
        return span.Id;
    }
}
