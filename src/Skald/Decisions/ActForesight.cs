using Skald.Definition;

namespace Skald.Decisions;

/// <summary>
/// Says what an act does before it is done: the decision itself, and what follows on the way back if every undo is done. Pure, and by the rules that
/// decide the act: what it says of the act's own transaction is what then happens.
/// </summary>
/// <param name="plan">What the saga runs.</param>
/// <param name="saga">The saga as it stands.</param>
/// <param name="now">The clock.</param>
/// <param name="route">The wire name of a command, and who handles it.</param>
internal sealed class ActForesight(SagaPlan plan, SagaInstance saga, DateTimeOffset now, Func<Type, (string Command, string Service)> route)
{
    private readonly List<PlannedAction> _now = [];
    private readonly List<PlannedAction> _then = [];
    private StepPlan? _skipped;

    /// <summary>It is parked because nobody knew its version: it goes on before anything else happens to it.</summary>
    public bool IsStranded { get; init; }

    /// <summary>Another instance has its open commands: one that sends some sends them all.</summary>
    public bool IsAnothers { get; init; }

    /// <summary>Looks ahead.</summary>
    /// <param name="act">The act.</param>
    /// <param name="input">What it means to the saga as it is when the act comes.</param>
    public ActPreview Of(SagaAct act, Func<SagaInstance, SagaInput> input)
    {
        var at = saga;
        if (IsStranded)
        {
            at = Do(at, new SagaInput.Resumed()).Next;
        }

        var told = input(at);
        var decision = SagaDecider.Decide(plan, at, told, now);
        if (decision.Refused is { } why)
        {
            return Refused(act, why);
        }

        _skipped = told is SagaInput.StepSkipped skip ? plan.Find(skip.Step) : null;
        Add(_now, at, decision);
        if (SendsBesideAnother(decision))
        {
            decision = TakeOver(decision);
        }

        var after = decision.Next;
        var end = LookBack(decision);
        return new ActPreview(
            act, saga.Id, saga.Version, null, saga.Status, after.Status, _now, _then, HasEnd(end.Status) ? end.Status : null,
            [.. plan.Steps.Select(step => Doubt(step, end)).OfType<StepDoubt>()],
            end.Status == SagaStatus.Compensated ? [.. plan.Steps.Where(step => Stays(step, end)).Select(step => step.Name)] : [], null);
    }

    private Decision Do(SagaInstance at, SagaInput input)
    {
        var decision = SagaDecider.Decide(plan, at, input, now);
        Add(_now, at, decision);
        return decision;
    }

    /// <summary>What is sent already is not sent twice.</summary>
    private Decision TakeOver(Decision decision)
    {
        var sent = Sent(decision);
        var taken = SagaDecider.Decide(plan, decision.Next, new SagaInput.TakenOver(), now);
        Add(_now, decision.Next, taken with { Effects = [.. taken.Effects.Where(effect => effect is not Effect.Send send || !sent.Contains((send.Step, send.Attempt, send.Undo)))] });
        return taken;
    }

    private bool SendsBesideAnother(Decision decision)
    {
        var sent = Sent(decision);
        return IsAnothers && sent.Count > 0 && OpenCommands.AreThereBeside(decision.Next.Steps, sent);
    }

    private static HashSet<(int Step, int Attempt, bool Undo)> Sent(Decision decision) => [.. decision.Effects.OfType<Effect.Send>().Select(send => (send.Step, send.Attempt, send.Undo))];

    /// <summary>Says why an act would not be done.</summary>
    public ActPreview Refused(SagaAct act, string why) => new(act, saga.Id, saga.Version, why, saga.Status, saga.Status, [], [], null, [], [], null);

    private static bool HasEnd(SagaStatus status) => status.IsFinal() || status == SagaStatus.Parked;

    /// <summary>On the way back it needs nobody's answer but that what was asked is undone.</summary>
    private SagaInstance LookBack(Decision decision)
    {
        var at = decision.Next;
        // Each step is undone once; more rounds would be a circle.
        for (var rounds = 0; rounds <= plan.Steps.Length && Undone(decision, at) is { } input; rounds++)
        {
            decision = SagaDecider.Decide(plan, at, input, now);
            Add(_then, at, decision);
            at = decision.Next;
        }

        return at;
    }

    private SagaInput? Undone(Decision decision, SagaInstance at)
    {
        if (decision.Effects is [.., Effect.RunLocal local])
        {
            return local.Undo ? new SagaInput.LocalDone(local.Step, Undo: true, at.State, null) : null;
        }

        var open = plan.Steps.LastOrDefault(step => at.Steps[step.Index].State is StepState.Undoing or StepState.UndoWait);
        return at.Status != SagaStatus.Compensating || open is null ? null : new SagaInput.Replied(open.Name, at.Steps[open.Index].Attempt, Undo: true, Done.Instance, null);
    }

    private void Add(List<PlannedAction> actions, SagaInstance before, Decision decision)
    {
        foreach (var step in plan.Steps)
        {
            Add(actions, step, before.Steps[step.Index], decision.Next.Steps[step.Index], onlySkips: true);
        }

        actions.AddRange(decision.Effects.Select(effect => Action(before, effect)));
        foreach (var step in plan.Steps)
        {
            Add(actions, step, before.Steps[step.Index], decision.Next.Steps[step.Index], onlySkips: false);
        }
    }

    private PlannedAction Action(SagaInstance before, Effect effect)
    {
        if (effect is not Effect.Send send)
        {
            // There are no others.
            var local = (Effect.RunLocal)effect;
            return new PlannedAction(PlannedActionKind.Runs, plan.Steps[local.Step].Name, local.Undo, Attempt: local.Attempt);
        }

        var (command, service) = route(send.Command.GetType());
        var was = before.Steps[send.Step];
        return new PlannedAction(
            PlannedActionKind.Sends, plan.Steps[send.Step].Name, send.Undo, command, service, send.Attempt,
            was.State == (send.Undo ? StepState.Undoing : StepState.Sent) && was.Attempt == send.Attempt);
    }

    private void Add(List<PlannedAction> actions, StepPlan step, StepRecord before, StepRecord after, bool onlySkips)
    {
        PlannedActionKind? kind = after.State switch
        {
            _ when after == before => null,
            StepState.Skipped when before.State != StepState.Skipped => PlannedActionKind.Skips,
            StepState.InDoubt when step == _skipped && before.State == StepState.Sent => PlannedActionKind.Skips,
            _ when onlySkips => null,
            StepState.Waiting => PlannedActionKind.Waits,
            StepState.RetryWait or StepState.UndoWait when after.Due is not null => PlannedActionKind.RetriesLater,
            StepState.Undone when before.State is StepState.Done or StepState.InDoubt && !step.CanBeUndone => PlannedActionKind.NothingToUndo,
            StepState.Pending when before.State != StepState.Pending => PlannedActionKind.Resets,
            _ => null,
        };
        if (kind is { } what && (what == PlannedActionKind.Skips) == onlySkips)
        {
            actions.Add(new PlannedAction(what, step.Name, after.State is StepState.UndoWait or StepState.Undone, Attempt: after.Attempt, Due: after.Due));
        }
    }

    private StepDoubt? Doubt(StepPlan step, SagaInstance end)
    {
        var (before, last) = (saga.Steps[step.Index].State, end.Steps[step.Index].State);
        return (before, last) switch
        {
            (_, StepState.InDoubt) => new StepDoubt(step.Name, "it was asked of its participant and may have been done; it is undone should the saga turn back"),
            (StepState.Sent, StepState.Skipped) => new StepDoubt(step.Name, "it was asked of its participant and may have been done; nothing undoes it"),
            (StepState.Undoing or StepState.UndoWait or StepState.UndoFailed or StepState.InDoubt, StepState.Skipped or StepState.Undone) when step == _skipped => new StepDoubt(step.Name, "it may still be done: its undo is not waited for"),
            (StepState.Done, StepState.Skipped or StepState.Undone) when step == _skipped => new StepDoubt(step.Name, "it stays done: it is not undone"),
            (_, StepState.UndoFailed) => new StepDoubt(step.Name, "its undo used up its attempts"),
            _ => null,
        };
    }

    private bool Stays(StepPlan step, SagaInstance end) =>
        step.Work is StepWork.Remote && !step.CanBeUndone && saga.Steps[step.Index].State is StepState.Done or StepState.Sent && end.Steps[step.Index].State == StepState.Undone;
}
