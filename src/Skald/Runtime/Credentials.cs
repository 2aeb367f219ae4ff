using Skald.Decisions;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>Whether a message is what it says: asked before anything is done because of it.</summary>
/// <param name="CommandQueue">The queue through which the service's commands come.</param>
/// <param name="ReplyQueue">The queue through which answers to its sagas come.</param>
/// <param name="Keys">Those of the system.</param>
/// <param name="Secrets">Those of the service's own steps.</param>
internal readonly record struct Credentials(string CommandQueue, string ReplyQueue, WireKeys Keys, StepSecrets Secrets)
{
    /// <summary>What speaks against believing a message; null when nothing does.</summary>
    public string? Objection(Envelope envelope, ReadOnlySpan<byte> body)
    {
        if (Keys.Signs && !envelope.Published && envelope.Destination != (envelope.Kind == MessageKind.Command ? CommandQueue : ReplyQueue))
        {
            return $"it was sent to '{envelope.Destination}', and came here";
        }

        if (!Keys.Accepts(envelope, body))
        {
            return envelope.Mac == default ? $"it carries no MAC, which {WireKeys.Variable} asks for" : "its MAC is none of this system's keys";
        }

        return envelope switch
        {
            { Published: true } => null,
            // Under another's id, it would take the place of what that one leads to.
            { Kind: MessageKind.Command, Saga: { } saga, Step: { } step } => envelope.Id == MessageIds.Command(saga, step, envelope.Secret, envelope.Attempt, envelope.Undo)
                ? null
                : "its id is not that of such a command",
            { Kind: MessageKind.Command } => null,
            // It answers nothing, so it has nothing to bring back: then the sender has to have the key.
            { Kind: MessageKind.Event } => Keys.Proves(envelope, body) ? null : $"an event for a saga is believed where it carries a MAC of {WireKeys.Variable}; from within, use RaiseAsync",
            { Saga: null } => $"it is a {envelope.Kind} for a saga, without a saga id",
            { Saga: { } saga } => Secrets.Belongs(saga, envelope.Step, envelope.Secret) ? null : "it does not bring back the secret of what it answers",
        };
    }
}
