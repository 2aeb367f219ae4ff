using Skald.Decisions;
using Skald.Definition;

namespace Skald.Runtime;

/// <summary>A saga within a batch.</summary>
/// <param name="batch">The batch.</param>
/// <param name="plan">What it runs.</param>
/// <param name="saga">As it was loaded, or as it is new.</param>
/// <param name="isNew">Whether it starts in this batch.</param>
internal sealed class SagaRun(BatchRun batch, SagaPlan plan, SagaInstance saga, bool isNew) : IDrivenSaga
{
    // A state that was written, and its JSON: what is checked for being storable need not be written twice.
    private object? _state;
    private byte[]? _json;

    public SagaPlan Plan => plan;

    public bool IsNew => isNew;

    public long LoadedVersion { get; } = saga.Version;

    public SagaInstance Instance { get; set; } = saga;

    public bool Changed { get; set; }

    public List<JournalEntry> Journal { get; } = [];

    public void Take(Decision decision) => batch.Take(this, decision);

    public ValueTask<SagaInput> RunAsync(Effect.RunLocal local) => batch.RunLocalAsync(this, local);

    /// <summary>Decides; an answer that leads to a state which cannot be stored is one that cannot be taken in.</summary>
    public Decision Decide(SagaPlan definition, SagaInstance instance, SagaInput input, DateTimeOffset now)
    {
        var decision = SagaDecider.Decide(definition, instance, input, now);
        if (!decision.Changed || ReferenceEquals(decision.Next.State, instance.State))
        {
            return decision;
        }

        try
        {
            CheckStorable(decision.Next.State);
            return decision;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && Unusable(instance, input, exception) is not null)
        {
            // The filter has seen that there is one.
            return SagaDecider.Decide(definition, instance, Unusable(instance, input, exception)!, now);
        }
    }

    /// <summary>Throws what writing the state throws, if it cannot be stored.</summary>
    public void CheckStorable(object? state)
    {
        if (state is not null && !ReferenceEquals(state, _state))
        {
            (_json, _state) = (batch.Serializer.Write(state), state);
        }
    }

    /// <summary>The state's JSON.</summary>
    public ReadOnlyMemory<byte> WriteState()
    {
        CheckStorable(Instance.State);
        // Set by the line before.
        return _json!;
    }

    private SagaInput.Unusable? Unusable(SagaInstance instance, SagaInput input, Exception exception)
    {
        var why = $"the state after it cannot be stored: {exception.Message}";
        return input switch
        {
            SagaInput.Replied { Undo: false } reply => new SagaInput.Unusable(reply.Step, reply.Attempt, exception.GetType().Name, why, null, reply.Refusal),
            SagaInput.EventArrived arrived when WaitFor(arrived.Event.GetType()) is { } step =>
                new SagaInput.Unusable(step.Name, instance.Steps[step.Index].Attempt, exception.GetType().Name, why, arrived.Json),
            _ => null,
        };
    }

    private StepPlan? WaitFor(Type type) => plan.Steps.FirstOrDefault(s => s.Work is StepWork.Wait wait && wait.EventType == type);
}
