using System.Text.Json;
using Skald.Definition;
using Skald.Messaging;

namespace Skald.Storage;

/// <summary>Between a saga's state and its JSON, which has the shape of the version that the saga runs.</summary>
internal static class StateCodec
{
    /// <exception cref="JsonException">It is not one.</exception>
    public static object Read(SagaPlan plan, ReadOnlyMemory<byte> stored, MessageSerializer serializer) =>
        serializer.Read(plan.Shapes.AreSame ? stored.Span : plan.Shapes.Upgrade(stored.Span), plan.StateType);

    /// <summary>A stored state as it may be shown.</summary>
    public static ReadOnlyMemory<byte> Shown(SagaPlan plan, ReadOnlyMemory<byte> stored, MessageSerializer serializer)
    {
        if (plan.Shapes.AreSame || !serializer.Redaction.IsSensitive(plan.StateType))
        {
            return serializer.Redaction.Hide(stored, plan.StateType);
        }

        try
        {
            return plan.Shapes.Downgrade(serializer.Redaction.Hide(plan.Shapes.Upgrade(stored.Span), plan.StateType).Span);
        }
        catch (JsonException)
        {
            // A change of the author's could not do with the mask.
            return serializer.Redaction.Hide(default, plan.StateType);
        }
    }

    /// <exception cref="JsonException">It cannot be brought into the shape of its version.</exception>
    /// <exception cref="InvalidOperationException">It is too large.</exception>
    public static byte[] Write(SagaPlan plan, object state, MessageSerializer serializer)
    {
        var json = serializer.Write(state, plan.StateType);
        return plan.Shapes.AreSame ? json : plan.Shapes.Downgrade(json);
    }
}
