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
    private List<JournalEntry> _journal = [];

    // Which commands were sent in this batch; that only matters for a saga that was another's.
    private HashSet<(int Step, int Attempt, bool Undo)> Sent => field ??= [];

    // Where in the journal somebody's act begins. Mostly the engine goes on by itself, and there is none.
    private List<(int From, string? Actor, string? Reason)>? _acts;

    // A state that was written, and its JSON: what is checked for being storable need not be written twice.
    private object? _state = loaded is not null && plan.StateIsUnchangeable ? saga.State : null;
    private ReadOnlyMemory<byte> _json = loaded?.State ?? default;

    // Whoever may have a key alone has taken it as it was then, and a step may change the state.
    private readonly string? _startKey = loaded is null && plan.KeyUse != KeyUse.Many ? plan.Key?.Invoke(saga.State) : null;

    public SagaPlan Plan => plan;

    public long LoadedVersion { get; } = saga.Version;

    public SagaInstance Instance { get; set; } = saga;

    public bool Changed { get; set; }

    /// <summary>The W3C trace context of all that is done for it; null for none.</summary>
    public string? TraceParent { get; init; } = loaded?.TraceParent;

    /// <summary>Who keeps it from being removed, and why; null for nobody.</summary>
    public string? Hold { get; set; } = loaded?.Hold;

    /// <summary>The instance that has its open commands, as the row says.</summary>
    public long? LoadedIncarnation => loaded?.Incarnation;

    /// <summary>This instance has its open commands from now on, whether or not it sends any.</summary>
    public bool IsClaimed { get; set; }

    /// <summary>It is parked because nobody knew its version, and here is somebody who does.</summary>
    public bool IsStranded => loaded?.Incarnation == SagaRow.OfNobodyWhoKnowsIt && Instance.Status == SagaStatus.Parked;

    /// <summary>Another instance has its open commands.</summary>
    public bool IsAnothers { get; init; }

    /// <summary>Another instance has commands of it that are open, and this one has sent others.</summary>
    public bool SendsBesideAnother => IsAnothers && HasSent && OpenCommands.AreThereBeside(Instance.Steps, Sent);

    /// <summary>Whether this batch sends commands of it: then all that are open.</summary>
    public bool HasSent { get; private set; }

    /// <summary>Says that a command is sent in this batch. False when it was already.</summary>
    public bool Sends(Effect.Send send)
    {
        HasSent = true;
        return !IsAnothers || Sent.Add((send.Step, send.Attempt, send.Undo));
    }

    /// <summary>What happens from now on is somebody's act; nobody's in particular when both are null.</summary>
    public void ActedOnBy(string? actor, string? reason) => (_acts ??= []).Add((_journal.Count, actor, reason));

    /// <summary>Notes what a decision did. The list is the saga's from now on: mostly it is the only one.</summary>
    public void Note(List<JournalEntry> entries)
    {
        if (_journal.Count == 0)
        {
            _journal = entries;
        }
        else
        {
            _journal.AddRange(entries);
        }
    }

    /// <summary>Adds its rows: one for each act, and one for what belongs to none.</summary>
    public void WriteJournal(List<JournalRow> rows, DateTimeOffset now)
    {
        if (_acts is null)
        {
            Add(_journal, null, null);
            return;
        }

        Add(_journal[.._acts[0].From], null, null);
        for (var i = 0; i < _acts.Count; i++)
        {
            Add(_journal[_acts[i].From..(i + 1 < _acts.Count ? _acts[i + 1].From : _journal.Count)], _acts[i].Actor, _acts[i].Reason);
        }

        void Add(List<JournalEntry> entries, string? actor, string? reason)
        {
            if (entries.Count > 0)
            {
                rows.Add(new JournalRow(Instance.Id.Value, Instance.Version, now, JournalCodec.Encode(entries), actor, reason));
            }
        }
    }

    /// <param name="now">The clock.</param>
    /// <param name="incarnation">The instance that has what was sent in this batch; null when it is written with its state.</param>
    public SagaRow ToRow(DateTimeOffset now, long? incarnation)
    {
        var goesOn = Instance.Status is SagaStatus.Running or SagaStatus.Compensating;
        var whose = !goesOn ? null : HasSent || IsClaimed || loaded is null ? incarnation : loaded.Incarnation;
        var json = ReferenceEquals(Instance.State, _state) ? _json : StateCodec.Write(plan, Instance.State, batch.Serializer);
        return SagaCodec.ToRow(plan, Instance, json, loaded, now, _startKey, TraceParent, whose) with { Hold = Hold };
    }

    /// <summary>What became of the last event that was told.</summary>
    public EventOutcome Event { get; private set; }

    /// <summary>What became of the last wish that it turns back.</summary>
    public CancelAnswer? Cancel { get; private set; }

    /// <summary>Why the last act does nothing; null when it does something.</summary>
    public string? Refused { get; private set; }

    public void Take(Decision decision)
    {
        Event = decision.Event == EventOutcome.Unknown ? Event : decision.Event;
        Cancel = decision.Cancel ?? Cancel;
        Refused = decision.Refused ?? Refused;
        batch.Sagas.Take(this, decision);
    }

    /// <summary>Something else is told.</summary>
    public void ForgetAnswers() => (Event, Cancel, Refused) = (EventOutcome.Unknown, null, null);

    public ValueTask<SagaInput> RunAsync(Effect.RunLocal local) => batch.Sagas.RunLocalAsync(this, local);

    /// <summary>Decides; an answer that leads to a state which cannot be stored is one that cannot be taken in.</summary>
    public Decision Decide(SagaInput input, DateTimeOffset now)
    {
        var instance = Instance;
        var decision = SagaDecider.Decide(plan, instance, input, now);
        if (!decision.Changed)
        {
            return decision;
        }

        // The same object is untouched, or was changed in place: then only its JSON can tell.
        var mayHaveChanged = !plan.StateIsUnchangeable && ReferenceEquals(decision.Next.State, instance.State);
        try
        {
            if (mayHaveChanged || !ReferenceEquals(decision.Next.State, _state))
            {
                CheckStorable(decision.Next.State);
            }

            return decision;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && Unusable(instance, input, exception) is not null)
        {
            // The filter has seen that there is one.
            var unusable = SagaDecider.Decide(plan, instance, Unusable(instance, input, exception)!, now);
            return input is SagaInput.EventArrived ? unusable with { Event = EventOutcome.Accepted } : unusable;
        }
    }

    /// <summary>Throws what writing the state throws if it cannot be stored.</summary>
    public void CheckStorable(object? state)
    {
        if (state is null)
        {
            return;
        }

        (_json, _state) = (StateCodec.Write(plan, state, batch.Serializer), state);
    }

    private SagaInput.Unusable? Unusable(SagaInstance instance, SagaInput input, Exception exception)
    {
        var why = $"the state after it cannot be stored: {exception.Message}";
        return input switch
        {
            SagaInput.Replied { Undo: false } reply => new SagaInput.Unusable(reply.Step, reply.Attempt, exception.GetType().Name, why, Json(reply), reply.Refusal),
            SagaInput.EventArrived arrived when Waits.Find(plan, instance.Steps.AsSpan(), arrived.Event.GetType()) is var (step, wait, end) =>
                new SagaInput.Unusable(step.Name, instance.Steps[step.Index].Attempt, exception.GetType().Name, why, end.Kept(wait, arrived.Json)),
            _ => null,
        };
    }

    private string? Json(SagaInput.Replied answer)
    {
        try
        {
            var declared = (plan.Find(answer.Step)?.Work as StepWork.Remote)?.Command.ReplyType;
            return answer.Reply is null ? null : Encoding.UTF8.GetString(batch.Serializer.Write(answer.Reply, declared));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // It came as JSON that is not written back. The participant has it.
            return null;
        }
    }
}
