using Skald.Decisions;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>Whether a message is what it says: asked before anything is done because of it.</summary>
internal static class Credentials
{
    /// <summary>What speaks against believing a message; null when nothing does.</summary>
    public static string? Objection(EngineModel model, WireKeys keys, StepSecrets secrets, Envelope envelope, ReadOnlySpan<byte> body)
    {
        if (keys.Signs && !envelope.Published && envelope.Destination != (envelope.Kind == MessageKind.Command ? model.CommandQueue : model.ReplyQueue))
        {
            return $"it was sent to '{envelope.Destination}', and came here";
        }

        if (!keys.Accepts(envelope, body))
        {
            return envelope.Mac == default ? $"it carries no MAC, which {WireKeys.Variable} asks for" : "its MAC is none of this system's keys";
        }

        return envelope switch
        {
            { Published: true } or { Kind: MessageKind.Command } => null,
            // It answers nothing, so it has nothing to bring back: then the sender has to have the key.
            { Kind: MessageKind.Event } => keys.Signs ? null : $"an event for a saga is believed where {WireKeys.Variable} is set; from within, use RaiseAsync",
            { Saga: null } => $"it is a {envelope.Kind} for a saga, without a saga id",
            { Saga: { } saga } => secrets.Belongs(saga, envelope.Step, envelope.Secret) ? null : "it does not bring back the secret of what it answers",
        };
    }
}
