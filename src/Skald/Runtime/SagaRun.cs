using System.Diagnostics;
using System.Text;
using Skald.Decisions;
using Skald.Definition;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>A saga within a batch.</summary>
/// <param name="batch">The batch.</param>
/// <param name="plan">What it runs.</param>
/// <param name="saga">As it was loaded, or as it is new.</param>
/// <param name="loaded">The row it was read from; null when it starts in this batch.</param>
internal sealed class SagaRun(BatchRun batch, SagaPlan plan, SagaInstance saga, SagaRow? loaded) : IDrivenSaga
{
    private readonly List<(string? Actor, string? Reason, List<JournalEntry> Entries)> _journal = [];

    // A state that was written, and its JSON: what is checked for being storable need not be written twice.
    private object? _state;
    private ReadOnlyMemory<byte> _json;

    public SagaPlan Plan => plan;

    public long LoadedVersion { get; } = saga.Version;

    public SagaInstance Instance { get; set; } = saga;

    public bool Changed { get; set; }

    /// <summary>What happens from now on is somebody's act; nobody's in particular when both are null.</summary>
    public void ActedOnBy(string? actor, string? reason) => _journal.Add((actor, reason, []));

    public void Note(JournalEntry entry)
    {
        if (_journal.Count == 0)
        {
            ActedOnBy(null, null);
        }

        _journal[^1].Entries.Add(entry);
    }

    public IEnumerable<JournalRow> JournalRows(DateTimeOffset now) =>
        from act in _journal
        where act.Entries.Count > 0
        select new JournalRow(Instance.Id.Value, Instance.Version, now, JournalCodec.Encode(act.Entries), act.Actor, act.Reason);

    public SagaRow ToRow(DateTimeOffset now)
    {
        var json = ReferenceEquals(Instance.State, _state) ? _json : batch.Serializer.Write(Instance.State, plan.StateType);
        var row = SagaCodec.ToRow(plan, Instance, json, loaded, now);
        return loaded is not null ? row : row with { TraceParent = Activity.Current?.Id };
    }

    public void Take(Decision decision) => batch.Take(this, decision);

    public ValueTask<SagaInput> RunAsync(Effect.RunLocal local) => batch.RunLocalAsync(this, local);

    /// <summary>Decides; an answer that leads to a state which cannot be stored is one that cannot be taken in.</summary>
    public Decision Decide(SagaPlan definition, SagaInstance instance, SagaInput input, DateTimeOffset now)
    {
        var decision = SagaDecider.Decide(definition, instance, input, now);
        if (!decision.Changed)
        {
            return decision;
        }

        if (ReferenceEquals(decision.Next.State, instance.State))
        {
            // The same object: untouched, or changed in place. Only its JSON can tell, once the row is written.
            _state = null;
            return decision;
        }

        try
        {
            if (!ReferenceEquals(decision.Next.State, _state))
            {
                CheckStorable(decision.Next.State);
            }

            return decision;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && Unusable(instance, input, exception) is not null)
        {
            // The filter has seen that there is one.
            return SagaDecider.Decide(definition, instance, Unusable(instance, input, exception)!, now);
        }
    }

    /// <summary>Throws what writing the state throws if it cannot be stored.</summary>
    public void CheckStorable(object? state)
    {
        if (state is null)
        {
            return;
        }

        (_json, _state) = (batch.Serializer.Write(state, plan.StateType), state);
    }

    private SagaInput.Unusable? Unusable(SagaInstance instance, SagaInput input, Exception exception)
    {
        var why = $"the state after it cannot be stored: {exception.Message}";
        return input switch
        {
            SagaInput.Replied { Undo: false } reply => new SagaInput.Unusable(reply.Step, reply.Attempt, exception.GetType().Name, why, Json(reply.Reply), reply.Refusal),
            SagaInput.EventArrived arrived when WaitFor(arrived.Event.GetType()) is { } step =>
                new SagaInput.Unusable(step.Name, instance.Steps[step.Index].Attempt, exception.GetType().Name, why, arrived.Json),
            _ => null,
        };
    }

    private string? Json(object? reply)
    {
        try
        {
            return reply is null ? null : Encoding.UTF8.GetString(batch.Serializer.Write(reply));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // It came as JSON that is not written back. The participant has it.
            return null;
        }
    }

    private StepPlan? WaitFor(Type type) => plan.Steps.FirstOrDefault(s => s.Work is StepWork.Wait wait && wait.EventType == type);
}
