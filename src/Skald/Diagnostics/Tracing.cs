using System.Diagnostics;
using Skald.Messaging;

namespace Skald.Diagnostics;

/// <summary>
/// Every span, once. Names and attributes are those of the OpenTelemetry semantic conventions 1.44.0 for messaging (status: development), and <c>skald.*</c> of our
/// own; what changes from message to message is in no name. None of them is current once its method has returned, except where said.
/// </summary>
/// <remarks>
/// A saga has one trace: the span of its start, which ends at once, is the parent of all that is done for it, however late. What is published, and what wakes up by
/// itself, begins a trace of its own, with a link to where it comes from.
/// </remarks>
internal static class Tracing
{
    private const int MostLinks = 100;

    private static readonly ActivitySource Source = new(new ActivitySourceOptions("Skald")
    {
        Version = typeof(Tracing).Assembly.GetName().Version?.ToString(3),
        TelemetrySchemaUrl = "https://opentelemetry.io/schemas/1.44.0",
    });

    /// <summary>Whether anybody listens.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>A saga is started.</summary>
    public static Activity? Start(string service, string definition, SagaId saga, string? cause) =>
        Begin($"start {definition}", ActivityKind.Internal, Parse(cause))?.With(service, saga).Tag("skald.saga.type", definition);

    /// <summary>A message is made, and will be on its way when its batch is committed.</summary>
    public static Activity? Send(Envelope message, string? cause)
    {
        var operation = message.Published ? "publish" : "send";
        return Begin($"{operation} {message.Destination}", ActivityKind.Producer, Parse(cause))?.With(message.Source, message).Operation(operation, "send");
    }

    /// <summary>An answer reaches its saga, or an event the saga that it was told to: in the trace of whoever answers, or in the saga's own.</summary>
    public static Activity? Receive(string service, Envelope message, string? saga) => (message.Kind == MessageKind.Event
        ? Begin($"process {message.Destination}", ActivityKind.Consumer, Parse(saga), LinksTo([message.TraceParent]))
        : Begin($"process {message.Destination}", ActivityKind.Consumer, Parse(message.TraceParent)))?.With(service, message).Operation("process", "process");

    /// <summary>A saga goes on by itself: its time has come.</summary>
    public static Activity? Wake(string service, string definition, SagaId saga, string? traceParent) =>
        Begin($"wake {definition}", ActivityKind.Internal, default, LinksTo([traceParent]))?.With(service, saga).Tag("skald.saga.type", definition);

    /// <summary>A batch of a lane, from its transaction's begin to its commit. Current until it is disposed of: statements belong to it.</summary>
    public static Activity? Commit(string service, int count, IEnumerable<string?> causes)
    {
        var span = Begin($"commit {service}", ActivityKind.Internal, default, LinksTo(causes), isCurrent: true);
        return span?.With(service, (SagaId?)null).SetTag("messaging.batch.message_count", count);
    }

    /// <summary>A page of events is written by a projection. Current until it is disposed of.</summary>
    public static Activity? Project(string service, string projection, int count)
    {
        var span = Begin($"project {projection}", ActivityKind.Internal, default, isCurrent: true);
        return span?.With(service, (SagaId?)null).SetTag("skald.projection", projection).SetTag("messaging.batch.message_count", count);
    }

    /// <summary>
    /// Code that is not ours is called. Current until it ends. When nobody listens to us, what the message brought is current all the same, so that
    /// other spans of the code belong to its trace.
    /// </summary>
    public static Activity? Call(in CallCause cause) => !IsOn ? Restored(cause.TraceParent) : cause switch
    {
        { Message: { } message, IsOutside: true } => Begin($"call {message.Type}", ActivityKind.Internal, Parse(cause.TraceParent), isCurrent: true)?.With(cause.Service, message),
        { Message: { Published: true } message } => Handled(Begin($"process {message.Destination}", ActivityKind.Consumer, default, LinksTo([cause.TraceParent]), isCurrent: true), cause, message),
        { Message: { } message } => Handled(Begin($"process {message.Destination}", ActivityKind.Consumer, Parse(cause.TraceParent), isCurrent: true), cause, message),
        { Definition: { } saga } => Begin($"{(cause.Undo ? "undo" : "step")} {cause.Step}", ActivityKind.Internal, Parse(cause.TraceParent), isCurrent: true)
            ?.With(cause.Service, cause.Saga).Tag("skald.saga.type", saga).Tag("skald.saga.step", cause.Step).Tag("skald.compensating", cause.Undo).Tag("skald.attempt", cause.Attempt),
        _ => Begin($"execute {cause.Service}", ActivityKind.Internal, Parse(cause.TraceParent), isCurrent: true)?.With(cause.Service, (SagaId?)null),
    };

    private static Activity? Handled(Activity? span, in CallCause cause, Envelope message) =>
        span?.With(cause.Service, message).Operation("process", "process").Tag("skald.attempt", cause.Attempt);

    /// <summary>What a message brought, for whoever else traces. It is exported by nobody.</summary>
    private static Activity? Restored(string? traceParent)
    {
        if (traceParent is null || Parse(traceParent) is var context && context == default)
        {
            return null;
        }

        return new Activity("skald").SetParentId(context.TraceId, context.SpanId, context.TraceFlags).Start();
    }

    /// <summary>It failed. A refusal is no failure.</summary>
    public static void Failed(this Activity span, Exception exception)
    {
        if (span.IsAllDataRequested)
        {
            span.SetStatus(ActivityStatusCode.Error, exception.Message).SetTag("error.type", exception.GetType().FullName).AddException(exception);
        }
    }

    /// <summary>It was refused.</summary>
    public static void Refused(this Activity span, Refusal refusal) => span.Tag("skald.refusal", refusal.Type);

    /// <summary>It has ended.</summary>
    public static void End(this Activity span) => Quietly.Tell(span.Stop);

    private static Activity? Begin(string name, ActivityKind kind, ActivityContext parent, IEnumerable<ActivityLink>? links = null, bool isCurrent = false)
    {
        if (!IsOn)
        {
            return null;
        }

        // A parent that is not given would be whatever is current.
        var current = Activity.Current;
        Activity.Current = null;
        var span = Quietly.Make(() => Source.StartActivity(name, kind, parent, links: links));
        if (!isCurrent)
        {
            Activity.Current = current;
        }

        return span;
    }

    private static ActivityContext Parse(string? traceParent) => ActivityContext.TryParse(traceParent, null, isRemote: true, out var context) ? context : default;

    private static List<ActivityLink> LinksTo(IEnumerable<string?> causes) =>
        [.. causes.Select(Parse).Where(context => context != default).Distinct().Take(MostLinks).Select(context => new ActivityLink(context))];

    private static Activity With(this Activity span, string service, SagaId? saga) =>
        span.IsAllDataRequested ? span.SetTag("skald.service", service).SetTag("skald.saga.id", saga?.ToString()) : span;

    private static Activity With(this Activity span, string service, Envelope message)
    {
        if (!span.IsAllDataRequested)
        {
            return span;
        }

        span.With(service, message.Saga).SetTag("messaging.system", "skald")
            .SetTag("messaging.destination.name", message.Destination).SetTag("messaging.message.id", message.Id.ToString())
            .SetTag("messaging.message.conversation_id", message.Saga?.ToString() ?? message.Flow).SetTag("skald.message.type", message.Type);
        return message.Step is null ? span : span.SetTag("skald.saga.step", message.Step).SetTag("skald.compensating", message.Undo);
    }

    private static Activity Operation(this Activity span, string name, string type) => span.Tag("messaging.operation.name", name).Tag("messaging.operation.type", type);

    private static Activity Tag(this Activity span, string name, object? value) => span.IsAllDataRequested ? span.SetTag(name, value) : span;
}
