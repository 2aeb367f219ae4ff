using System.Text.Json;
using System.Text.Json.Nodes;
using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>What an act of a person means to a saga as it stands.</summary>
internal static class ActInputs
{
    /// <exception cref="ArgumentException">It names what the definition does not have, or holds what cannot be read.</exception>
    public static SagaInput Of(SagaPlan plan, SagaInstance saga, SagaAct act, string? reason, MessageSerializer serializer)
    {
        if (act.AboutStep is { } step && plan.Find(step) is null)
        {
            throw new ArgumentException($"'{plan.Name}' has no step '{step}'. It has: {string.Join(", ", plan.Steps.Select(s => $"'{s.Name}'"))}.", nameof(act));
        }

        return act switch
        {
            SagaAct.Resume => new SagaInput.Resumed(reason),
            SagaAct.Retry => new SagaInput.Retried(reason),
            SagaAct.Skip skip => new SagaInput.StepSkipped(skip.Step, reason),
            SagaAct.Compensate => new SagaInput.ForcedBack(reason),
            SagaAct.GoOnFrom from => new SagaInput.GoneBackTo(from.Step, reason),
            SagaAct.Pause => new SagaInput.Paused(reason),
            SagaAct.Cancel => new SagaInput.Cancelled(reason),
            SagaAct.FireTimer fire => new SagaInput.TimerFired(fire.Step),
            SagaAct.MoveTimer move => new SagaInput.TimerMoved(move.Step, move.To),
            SagaAct.EditState edit => Edited(plan, saga, edit.Patch, serializer),
            SagaAct.Raise raise => Event(plan, raise, serializer),
            _ => throw new ArgumentException($"There is no act '{act.Name}'.", nameof(act)),
        };
    }

    private static SagaInput.EventArrived Event(SagaPlan plan, SagaAct.Raise raise, MessageSerializer serializer)
    {
        var end = plan.WaitEnds.FirstOrDefault(end => end.Name == raise.Event)
            ?? throw new ArgumentException($"'{plan.Name}' waits for no event '{raise.Event}'. It waits for: {string.Join(", ", plan.WaitEnds.Select(e => $"'{e.Name}'").Distinct())}.", nameof(raise));
        try
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(raise.Body, ActJson.Default.JsonElement);
            return new SagaInput.EventArrived(serializer.Read(json, end.EventType), raise.Body.GetRawText());
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new ArgumentException($"The body cannot be read as '{raise.Event}': {exception.Message}", nameof(raise), exception);
        }
    }

    private static SagaInput.StateEdited Edited(SagaPlan plan, SagaInstance saga, JsonElement patch, MessageSerializer serializer)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            throw new ArgumentException("The patch is no JSON object. It names the members to set: {\"note\": \"by hand\"}.", nameof(patch));
        }

        var before = JsonNode.Parse(StateCodec.Write(plan, saga.State, serializer));
        if (MergePatch.Holds(patch, Redaction.Mask))
        {
            throw new ArgumentException($"'{Redaction.Mask}' stands in the place of what is not shown; it is no value. Leave the member out of the patch to keep it.", nameof(patch));
        }

        if (MergePatch.RemovesNothing(patch, before) is { } nothing)
        {
            throw new ArgumentException($"The state of '{plan.Name}' has no member '{nothing}' that could be removed.", nameof(patch));
        }

        var wanted = MergePatch.Apply(before?.DeepClone(), patch);
        try
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(wanted, ActJson.Default.JsonNode!);
            var state = StateCodec.Read(plan, json, serializer);
            var after = JsonNode.Parse(StateCodec.Write(plan, state, serializer));
            if (MergePatch.Missing(patch, after) is { } unknown)
            {
                throw new ArgumentException($"The state of '{plan.Name}' has no member '{unknown}', or it keeps another value there.", nameof(patch));
            }

            return new SagaInput.StateEdited(state, string.Join(", ", patch.EnumerateObject().Select(member => member.Name)));
        }
        catch (Exception exception) when (exception is not (ArgumentException or OutOfMemoryException))
        {
            // A constructor of the author's may throw what it likes.
            throw new ArgumentException($"The state cannot be changed so: {exception.Message}", nameof(patch), exception);
        }
    }
}
