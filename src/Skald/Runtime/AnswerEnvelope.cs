using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>The metadata of whatever answers a command.</summary>
internal static class AnswerEnvelope
{
    public static Envelope To(Envelope command, string queue, Guid id, string type, MessageKind kind, string service, DateTimeOffset now, TimeSpan? handledIn = null, string? traceParent = null) => new()
    {
        Id = id,
        Type = type,
        Kind = kind,
        Source = service,
        Destination = queue,
        Flow = command.Flow,
        Saga = command.Saga,
        Step = command.Step,
        Attempt = command.Attempt,
        Undo = command.Undo,
        Secret = command.Secret,
        Causation = command.Id,
        HandledIn = handledIn,
        TraceParent = traceParent ?? command.TraceParent,
        Time = now,
    };
}
