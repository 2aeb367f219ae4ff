using System.Text;
using System.Text.Json;
using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>What a message tells a saga: an answer to one of its steps, or an event.</summary>
internal static class SagaMail
{
    /// <exception cref="JsonException">It is none that this saga could be told.</exception>
    public static SagaInput Read(BatchRun run, SagaRun saga, Envelope envelope, ReadOnlyMemory<byte> body) =>
        envelope.Kind == MessageKind.Event ? Event(run, envelope, body) : Answer(run, saga, envelope, body);

    private static SagaInput.EventArrived Event(BatchRun run, Envelope envelope, ReadOnlyMemory<byte> body)
    {
        var type = run.Setup.Model.FindEvent(envelope.Type) ?? throw new JsonException($"no saga of service '{run.Service}' waits for '{envelope.Type}'");
        var @event = run.Serializer.Read(body.Span, type);
        return new SagaInput.EventArrived(@event, JsonSerializer.Serialize(@event, run.Serializer.Options.GetTypeInfo(type)));
    }

    private static SagaInput Answer(BatchRun run, SagaRun saga, Envelope envelope, ReadOnlyMemory<byte> body)
    {
        var name = envelope.Step ?? throw new JsonException("an answer without the step it answers");
        if (saga.Plan.Find(name) is not { Work: StepWork.Remote or StepWork.Removed } step || (envelope.Undo && step.Work is StepWork.Remote { UndoCommand: null }))
        {
            throw new JsonException($"saga '{saga.Plan.Name}' has no step '{name}' that could be answered");
        }

        // Of a step whose way forward is gone, only that it was done is of use.
        var remote = step.Work as StepWork.Remote;
        if (GaveUp.Is(envelope))
        {
            return new SagaInput.GivenUp(name, envelope.Attempt, envelope.Undo, Refusal(run, body, typeof(Refusal)).Message);
        }

        if (envelope.Kind == MessageKind.Refusal)
        {
            return new SagaInput.Replied(name, envelope.Attempt, envelope.Undo, null, Refusal(run, body, envelope.Undo || remote is null ? typeof(Refusal) : remote.RefusalType));
        }

        // An undo's answer says that it is done; nothing else is read from it.
        if (envelope.Undo || remote is not { OnReply: not null, Command.ReplyType: { } replyType })
        {
            return new SagaInput.Replied(name, envelope.Attempt, envelope.Undo, Done.Instance, null);
        }

        try
        {
            return new SagaInput.Replied(name, envelope.Attempt, false, run.Serializer.Read(body.Span, replyType), null);
        }
        catch (JsonException exception)
        {
            // The participant has done it: the step's own failure, and nothing that a repeat would mend.
            return new SagaInput.Unusable(name, envelope.Attempt, "UnreadableReply", $"its reply cannot be read: {exception.Message}", Text(body));
        }
    }

    private static Refusal Refusal(BatchRun run, ReadOnlyMemory<byte> body, Type type)
    {
        try
        {
            return (Refusal)run.Serializer.Read(body.Span, type);
        }
        catch (JsonException exception)
        {
            // A "no" counts, however it is worded.
            return new Refusal("UnreadableRefusal", $"The participant refused, and its reason cannot be read: {exception.Message}");
        }
    }

    private static string? Text(ReadOnlyMemory<byte> body) => body.Length <= MessageSerializer.MaxBodyBytes ? Encoding.UTF8.GetString(body.Span) : null;
}
