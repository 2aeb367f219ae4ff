namespace Skald.Definition;

/// <summary>A step being described. Builders of one step share its draft.</summary>
internal abstract class StepDraft(StepPlan plan)
{
    private StepDraft? _shared;

    public StepPlan Plan
    {
        get => _shared?.Plan ?? plan;
        private set => plan = value;
    }

    public void Set(Func<StepPlan, StepPlan> change)
    {
        if (_shared is not null)
        {
            _shared.Set(change);
            return;
        }

        Plan = change(Plan);
    }

    protected T Share<T>(T draft) where T : StepDraft
    {
        draft._shared = this;
        return draft;
    }
}

internal sealed class StepStart<TState>(StepPlan plan) : StepDraft(plan), IStepStart<TState>, IRetriableStart<TState> where TState : class
{
    public ILocalStep<TState> Do(Func<TState, StepContext, StepResult<TState>> action) => Local(LocalActions.From(action));

    public ILocalStep<TState> Do(Func<TState, StepContext, ValueTask<StepResult<TState>>> action) => Local(LocalActions.From(action));

    void IRetriableStart<TState>.Do(Func<TState, StepContext, StepResult<TState>> action) => Local(LocalActions.From(action));

    void IRetriableStart<TState>.Do(Func<TState, StepContext, ValueTask<StepResult<TState>>> action) => Local(LocalActions.From(action));

    ICompensatableStep<TState, TCommand> IParallelStart<TState>.Send<TCommand>(Func<TState, TCommand> command) => Remote(command);

    IRetriableStep<TState, TCommand> IRetriableStart<TState>.Send<TCommand>(Func<TState, TCommand> command) => Remote(command);

    private LocalDraft<TState> Local(LocalAction action)
    {
        Set(p => p with { Action = StepAction.Local, Do = action, SaysWhatRefusalMeans = true });
        return Share(new LocalDraft<TState>(Plan));
    }

    private RemoteDraft<TState, TCommand> Remote<TCommand>(Func<TState, TCommand> command) where TCommand : class, ICommand
    {
        ArgumentNullException.ThrowIfNull(command);
        Set(p => p with { Action = StepAction.Command, CommandType = typeof(TCommand), BuildCommand = state => command((TState)state) });
        return Share(new RemoteDraft<TState, TCommand>(Plan));
    }
}

internal static class LocalActions
{
    public static LocalAction From<TState>(Func<TState, StepContext, StepResult<TState>> action) where TState : class
    {
        ArgumentNullException.ThrowIfNull(action);
        return (state, context) =>
        {
            var result = action((TState)state, context);
            return ValueTask.FromResult(((object?)result.State, result.Refusal));
        };
    }

    public static LocalAction From<TState>(Func<TState, StepContext, ValueTask<StepResult<TState>>> action) where TState : class
    {
        ArgumentNullException.ThrowIfNull(action);
        return async (state, context) =>
        {
            var result = await action((TState)state, context);
            return (result.State, result.Refusal);
        };
    }
}

internal sealed class LocalDraft<TState>(StepPlan plan) : StepDraft(plan), ILocalStep<TState> where TState : class
{
    public ILocalStep<TState> Undo(Func<TState, StepContext, StepResult<TState>> undo) => With(p => p with { Undo = LocalActions.From(undo) });

    public ILocalStep<TState> Undo(Func<TState, StepContext, ValueTask<StepResult<TState>>> undo) => With(p => p with { Undo = LocalActions.From(undo) });

    public ILocalStep<TState> NothingToUndo(string reason) => With(p => p with { NothingToUndo = reason });

    public ILocalStep<TState> When(Func<TState, bool> condition) => With(p => p with { When = state => condition((TState)state) });

    public ILocalStep<TState> Formerly(string name) => With(p => p with { Aliases = [.. p.Aliases, name] });

    private LocalDraft<TState> With(Func<StepPlan, StepPlan> change)
    {
        Set(change);
        return this;
    }
}

internal sealed class RemoteDraft<TState, TCommand>(StepPlan plan)
    : StepDraft(plan), ICompensatableStep<TState, TCommand>, IRetriableStep<TState, TCommand>
    where TState : class where TCommand : class
{
    public ICompensatableStep<TState, TCommand> Undo<TUndo>(Func<TState, TUndo> command) where TUndo : class, ICommand =>
        With(p => p with { UndoCommandType = typeof(TUndo), BuildUndo = state => command((TState)state) });

    public ICompensatableStep<TState, TCommand> NothingToUndo(string reason) => With(p => p with { NothingToUndo = reason });

    public ICompensatableStep<TState, TCommand> OnRefusal<TRefusal>(Func<TState, TRefusal, TState> fold) where TRefusal : Refusal =>
        With(p => p with { RefusalType = typeof(TRefusal), OnRefusal = (state, refusal) => fold((TState)state, (TRefusal)refusal) });

    public ICompensatableStep<TState, TCommand> RetryUndo(RetryPolicy policy) => With(p => p with { UndoRetry = policy });

    public IRetriableStep<TState, TCommand> ParkIfRefused() => With(p => p with { SaysWhatRefusalMeans = true });

    ICompensatableStep<TState, TCommand> ICompensatableStep<TState, TCommand>.Within(TimeSpan deadline) => Within(deadline);

    IRetriableStep<TState, TCommand> IRetriableStep<TState, TCommand>.Within(TimeSpan deadline) => Within(deadline);

    ICompensatableStep<TState, TCommand> ICompensatableStep<TState, TCommand>.When(Func<TState, bool> condition) => When(condition);

    IRetriableStep<TState, TCommand> IRetriableStep<TState, TCommand>.When(Func<TState, bool> condition) => When(condition);

    ICompensatableStep<TState, TCommand> ICompensatableStep<TState, TCommand>.RetryRefused(int retries, TimeSpan delay) => RetryRefused(retries, delay);

    IRetriableStep<TState, TCommand> IRetriableStep<TState, TCommand>.RetryRefused(int retries, TimeSpan delay) => RetryRefused(retries, delay);

    ICompensatableStep<TState, TCommand> ICompensatableStep<TState, TCommand>.Formerly(string name) => Formerly(name);

    IRetriableStep<TState, TCommand> IRetriableStep<TState, TCommand>.Formerly(string name) => Formerly(name);

    private RemoteDraft<TState, TCommand> Within(TimeSpan deadline) => With(p => p with { Within = deadline, HasDeadline = true });

    private RemoteDraft<TState, TCommand> When(Func<TState, bool> condition) => With(p => p with { When = state => condition((TState)state) });

    private RemoteDraft<TState, TCommand> RetryRefused(int retries, TimeSpan delay) =>
        With(p => p with { RefusalRetry = new RetryPolicy(retries, delay, delay), SaysWhatRefusalMeans = true });

    private RemoteDraft<TState, TCommand> Formerly(string name) => With(p => p with { Aliases = [.. p.Aliases, name] });

    private RemoteDraft<TState, TCommand> With(Func<StepPlan, StepPlan> change)
    {
        Set(change);
        return this;
    }
}

internal sealed class Wait<TState, TEvent>(StepDraft draft) : IWait<TState, TEvent> where TState : class where TEvent : class, IEvent
{
    public IWait<TState, TEvent> OnEvent(Func<TState, TEvent, TState> fold) =>
        With(p => p with { OnReply = (state, @event) => fold((TState)state, (TEvent)@event), AnswerType = typeof(TEvent) });

    public IWait<TState, TEvent> Within(TimeSpan deadline) => With(p => p with { Within = deadline, HasDeadline = true });

    public IWait<TState, TEvent> When(Func<TState, bool> condition) => With(p => p with { When = state => condition((TState)state) });

    private Wait<TState, TEvent> With(Func<StepPlan, StepPlan> change)
    {
        draft.Set(change);
        return this;
    }
}
