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
        Begin($"start {definition}", ActivityKind.Internal, Parse(cause))?.With(service, saga).SetTag("skald.saga.type", definition);

    /// <summary>A message is made, and will be on its way when its batch is committed.</summary>
    public static Activity? Send(Envelope message, string? cause)
    {
        var operation = message.Published ? "publish" : "send";
        return Begin($"{operation} {message.Destination}", ActivityKind.Producer, Parse(cause))?.With(message.Source, message).Operation(operation, "send");
    }

    /// <summary>An answer reaches its saga, or an event the saga that it was told to.</summary>
    public static Activity? Receive(string service, Envelope message) =>
        Begin($"process {message.Destination}", ActivityKind.Consumer, Parse(message.TraceParent))?.With(service, message).Operation("process", "process");

    /// <summary>A saga goes on by itself: its time has come.</summary>
    public static Activity? Wake(string service, string definition, SagaId saga, string? traceParent) =>
        Begin($"wake {definition}", ActivityKind.Internal, default, LinksTo([traceParent]))?.With(service, saga).SetTag("skald.saga.type", definition);

    /// <summary>A batch of a lane, from its transaction's begin to its commit. Current until it is disposed of: statements belong to it.</summary>
    public static Activity? Commit(string service, int count, IEnumerable<string?> causes)
    {
        if (!IsOn)
        {
            return null;
        }

        Activity.Current = null;
        return Source.StartActivity($"commit {service}", ActivityKind.Internal, default(ActivityContext), links: LinksTo(causes))
            ?.SetTag("skald.service", service).SetTag("messaging.batch.message_count", count);
    }

    /// <summary>What a batch has received is acknowledged.</summary>
    public static Activity? Settle(string service, int count) =>
        Begin($"ack {service}", ActivityKind.Client, default)?.SetTag("skald.service", service).Operation("ack", "settle").SetTag("messaging.batch.message_count", count);

    /// <summary>A page of events is written by a projection. Current until it is disposed of.</summary>
    public static Activity? Project(string service, string projection, int count)
    {
        if (!IsOn)
        {
            return null;
        }

        Activity.Current = null;
        return Source.StartActivity($"project {projection}", ActivityKind.Internal, default(ActivityContext))
            ?.SetTag("skald.service", service).SetTag("skald.projection", projection).SetTag("messaging.batch.message_count", count);
    }

    /// <summary>
    /// Code that is not ours is called. Current until it is stopped. When nobody listens to us, what the message brought is current all the same, so that
    /// other spans of the code belong to its trace.
    /// </summary>
    public static Activity? Call(in CallCause cause)
    {
        if (!IsOn)
        {
            return cause.TraceParent is null || !ActivityContext.TryParse(cause.TraceParent, null, isRemote: true, out _)
                ? null : new Activity("skald").SetParentId(cause.TraceParent).Start();
        }

        var (name, kind) = cause switch
        {
            { Message: { } handled } => ($"process {handled.Destination}", ActivityKind.Consumer),
            { Definition: not null, Undo: true } => ($"undo {cause.Step}", ActivityKind.Internal),
            { Definition: not null } => ($"step {cause.Step}", ActivityKind.Internal),
            _ => ($"execute {cause.Service}", ActivityKind.Internal),
        };
        var isPublished = cause.Message is { Published: true };
        Activity.Current = null;
        var span = Source.StartActivity(name, kind, isPublished ? default : Parse(cause.TraceParent), links: isPublished ? LinksTo([cause.TraceParent]) : null);
        if (span is null || cause.Message is { } message && span.With(cause.Service, message).Operation("process", "process") is null)
        {
            return span;
        }

        if (cause.Definition is not null)
        {
            span.With(cause.Service, cause.Saga).SetTag("skald.saga.type", cause.Definition).SetTag("skald.saga.step", cause.Step).SetTag("skald.compensating", cause.Undo);
        }

        return span.SetTag("skald.service", cause.Service).SetTag("skald.attempt", cause.Attempt);
    }

    /// <summary>The outside is called for a message. Current until it is disposed of.</summary>
    public static Activity? Outside(string service, Envelope message)
    {
        if (!IsOn)
        {
            return null;
        }

        Activity.Current = null;
        return Source.StartActivity($"call {message.Type}", ActivityKind.Internal, Parse(message.TraceParent))?.With(service, message);
    }

    /// <summary>It failed. A refusal is no failure.</summary>
    public static void Failed(this Activity span, Exception exception) =>
        span.SetStatus(ActivityStatusCode.Error, exception.Message).SetTag("error.type", exception.GetType().FullName).AddException(exception);

    /// <summary>It was refused.</summary>
    public static void Refused(this Activity span, Refusal refusal) => span.SetTag("skald.refusal", refusal.Type);

    private static Activity? Begin(string name, ActivityKind kind, ActivityContext parent, IEnumerable<ActivityLink>? links = null)
    {
        if (!IsOn)
        {
            return null;
        }

        // A parent that is not given would be whatever is current.
        var current = Activity.Current;
        Activity.Current = null;
        var span = Source.StartActivity(name, kind, parent, links: links);
        Activity.Current = current;
        return span;
    }

    private static ActivityContext Parse(string? traceParent) => ActivityContext.TryParse(traceParent, null, isRemote: true, out var context) ? context : default;

    private static List<ActivityLink> LinksTo(IEnumerable<string?> causes) =>
        [.. causes.Select(Parse).Where(context => context != default).Distinct().Take(MostLinks).Select(context => new ActivityLink(context))];

    private static Activity With(this Activity span, string service, SagaId? saga) => span.SetTag("skald.service", service).SetTag("skald.saga.id", saga?.ToString());

    private static Activity With(this Activity span, string service, Envelope message)
    {
        span.With(service, message.Saga).SetTag("messaging.system", "skald")
            .SetTag("messaging.destination.name", message.Destination).SetTag("messaging.message.id", message.Id.ToString())
            .SetTag("messaging.message.conversation_id", message.Saga?.ToString() ?? message.Flow).SetTag("skald.message.type", message.Type);
        return message.Step is null ? span : span.SetTag("skald.saga.step", message.Step).SetTag("skald.compensating", message.Undo).SetTag("skald.saga.attempt", message.Attempt);
    }

    private static Activity Operation(this Activity span, string name, string type) => span.SetTag("messaging.operation.name", name).SetTag("messaging.operation.type", type);
}
