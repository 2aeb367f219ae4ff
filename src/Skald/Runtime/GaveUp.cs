using Skald.Decisions;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>
/// The answer of a participant that has given a command up: it says neither that it is done nor that it is not. It travels as a refusal of a type of
/// its own.
/// </summary>
internal static class GaveUp
{
    private const string Type = "skald.gave-up";

    public static bool Is(Envelope envelope) => envelope is { Kind: MessageKind.Refusal, Type: Type };

    public static OutgoingMessage Answer(Envelope command, string queue, string service, DateTimeOffset now, ReadOnlyMemory<byte> body) =>
        // Not under the id of the answer, which may still come when a person has the command tried again.
        new(AnswerEnvelope.To(command, queue, MessageIds.Reply(MessageIds.Reply(command.Id)), Type, MessageKind.Refusal, service, now), body);
}
