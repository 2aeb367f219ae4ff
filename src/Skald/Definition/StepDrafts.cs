using Skald.Diagnostics;

namespace Skald.Definition;

/// <summary>A step being described. All builders of one step share it.</summary>
internal sealed class StepDraft(string name, StepKind kind, int stage)
{
    /// <summary>The first version that has it.</summary>
    public int Since { get; set; } = 1;

    /// <summary>The first version that has it no more.</summary>
    public int Until { get; set; } = int.MaxValue;

    /// <summary>Names that it had under the versions that it has its present one under.</summary>
    public List<string> FormerNames { get; } = [];

    /// <summary>Names that it has in earlier versions, each with the first version that has another.</summary>
    public List<(string Name, int Before)> OlderNames { get; } = [];

    public string Name => name;

    public StepKind Kind => kind;

    /// <summary>Steps of one number run side by side.</summary>
    public int Stage => stage;

    public StepWork? Work { get; set; }

    public Func<object, bool>? When { get; set; }

    public string? NothingToUndo { get; set; }

    public RetryPolicy UndoRetry { get; set; } = RetryPolicy.Persistent;

    /// <summary>Whether a version of the definition has it.</summary>
    public bool IsIn(int version) => version >= Since && version < Until;

    /// <summary>The versions that it names, each with the least that makes sense.</summary>
    public IEnumerable<(int Named, int Least)> Versions => [(Since, 1), .. Until == int.MaxValue ? [] : new[] { (Until, Since + 1) }, .. OlderNames.Select(n => (n.Before, 2))];

    /// <summary>The step as a version has it.</summary>
    /// <param name="version">One that has it.</param>
    /// <param name="index">Its place among that version's steps.</param>
    /// <param name="stageOfVersion">Its place among that version's stages.</param>
    /// <param name="afterPivot">Whether that version's pivot lies before it.</param>
    /// <param name="work">What it does.</param>
    public StepPlan Build(int version, int index, int stageOfVersion, bool afterPivot, StepWork work)
    {
        return new StepPlan
        {
            Name = OlderNames.Where(n => n.Before > version).OrderBy(n => n.Before).Select(n => n.Name).FirstOrDefault(name),
            FormerNames = [.. FormerNames],
            Index = index,
            Stage = stageOfVersion,
            Kind = afterPivot && work is StepWork.Removed ? StepKind.Retriable : kind,
            Work = work,
            When = When,
            NothingToUndo = NothingToUndo,
            UndoRetry = UndoRetry,
        };
    }
}

internal sealed class StepStart<TState>(StepDraft draft) : IStepStart<TState>, IRetriableStart<TState> where TState : class
{
    public ILocalStep<TState> Do(Func<TState, StepContext, StepResult<TState>> action) => Local(LocalActions.From(action));

    public ILocalStep<TState> Do(Func<TState, StepContext, ValueTask<StepResult<TState>>> action) => Local(LocalActions.From(action));

    ILocalRetriableStep<TState> IRetriableStart<TState>.Do(Func<TState, StepContext, StepResult<TState>> action) => Local(LocalActions.From(action));

    ILocalRetriableStep<TState> IRetriableStart<TState>.Do(Func<TState, StepContext, ValueTask<StepResult<TState>>> action) => Local(LocalActions.From(action));

    ICompensatableStep<TState, TCommand> IParallelStart<TState>.Send<TCommand>(Func<TState, TCommand> command) => Remote(command);

    IRetriableStep<TState, TCommand> IRetriableStart<TState>.Send<TCommand>(Func<TState, TCommand> command) => Remote(command);

    private LocalBuilder<TState> Local(LocalAction action)
    {
        var work = new StepWork.Local(action);
        draft.Work = work;
        return new LocalBuilder<TState>(draft, work);
    }

    private RemoteBuilder<TState, TCommand> Remote<TCommand>(Func<TState, TCommand> command) where TCommand : class, ICommand
    {
        ArgumentNullException.ThrowIfNull(command);
        var work = new StepWork.Remote(new CommandPlan(typeof(TCommand), state => command((TState)state)));
        draft.Work = work;
        return new RemoteBuilder<TState, TCommand>(draft, work);
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

internal sealed class LocalBuilder<TState>(StepDraft draft, StepWork.Local work) : ILocalStep<TState>, ILocalRetriableStep<TState>, IDraftedStep where TState : class
{
    public string Name => draft.Name;

    public StepDraft Draft => draft;

    public ILocalStep<TState> Undo(Func<TState, StepContext, StepResult<TState>> undo) => UndoneBy(LocalActions.From(undo));

    public ILocalStep<TState> Undo(Func<TState, StepContext, ValueTask<StepResult<TState>>> undo) => UndoneBy(LocalActions.From(undo));

    public ILocalStep<TState> NothingToUndo(string reason)
    {
        draft.NothingToUndo = reason;
        return this;
    }

    ILocalStep<TState> ILocalStep<TState>.When(Func<TState, bool> condition) => When(condition);

    ILocalRetriableStep<TState> ILocalRetriableStep<TState>.When(Func<TState, bool> condition) => When(condition);

    private LocalBuilder<TState> UndoneBy(LocalAction undo)
    {
        draft.Work = work with { UndoAction = undo };
        return this;
    }

    private LocalBuilder<TState> When(Func<TState, bool> condition)
    {
        draft.When = state => condition((TState)state);
        return this;
    }
}

/// <summary>The builder of a remote step whose reply's type is not known where it is read off.</summary>
internal interface IReplyBuilder
{
    void OnReply(Func<object, object, object> fold);
}

internal sealed class RemoteBuilder<TState, TCommand>(StepDraft draft, StepWork.Remote work)
    : IReplyBuilder, ICompensatableStep<TState, TCommand>, IRetriableStep<TState, TCommand>, IDraftedStep
    where TState : class where TCommand : class
{
    private StepWork.Remote _work = work;

    public string Name => draft.Name;

    public StepDraft Draft => draft;

    public ICompensatableStep<TState, TCommand> Undo<TUndo>(Func<TState, TUndo> command) where TUndo : class, ICommand =>
        With(_work with { UndoCommand = new CommandPlan(typeof(TUndo), state => command((TState)state)) });

    public ICompensatableStep<TState, TCommand> NothingToUndo(string reason)
    {
        draft.NothingToUndo = reason;
        return this;
    }

    public ICompensatableStep<TState, TCommand> OnRefusal<TRefusal>(Func<TState, TRefusal, TState> fold) where TRefusal : Refusal =>
        With(_work with { RefusalType = typeof(TRefusal), OnRefusal = (state, refusal) => fold((TState)state, (TRefusal)refusal) });

    public ICompensatableStep<TState, TCommand> RetryUndo(RetryPolicy policy)
    {
        draft.UndoRetry = policy;
        return this;
    }

    public IRetriableStep<TState, TCommand> ParkIfRefused() => With(_work with { SaysWhatRefusalMeans = true });

    public void OnReply(Func<object, object, object> fold) => With(_work with { OnReply = fold });

    ICompensatableStep<TState, TCommand> ICompensatableStep<TState, TCommand>.Within(TimeSpan deadline) => With(_work with { Within = deadline });

    ICompensatableStep<TState, TCommand> ICompensatableStep<TState, TCommand>.ParkAfter(TimeSpan time) => With(_work with { ParkAfter = time });

    IRetriableStep<TState, TCommand> IRetriableStep<TState, TCommand>.ParkAfter(TimeSpan time) => With(_work with { ParkAfter = time });

    ICompensatableStep<TState, TCommand> ICompensatableStep<TState, TCommand>.When(Func<TState, bool> condition) => When(condition);

    IRetriableStep<TState, TCommand> IRetriableStep<TState, TCommand>.When(Func<TState, bool> condition) => When(condition);

    ICompensatableStep<TState, TCommand> ICompensatableStep<TState, TCommand>.RetryRefused(int retries, TimeSpan delay) => RetryRefused(retries, delay);

    IRetriableStep<TState, TCommand> IRetriableStep<TState, TCommand>.RetryRefused(int retries, TimeSpan delay) => RetryRefused(retries, delay);

    private RemoteBuilder<TState, TCommand> RetryRefused(int retries, TimeSpan delay) =>
        With(_work with { RefusalRetry = new RetryPolicy(retries, delay, delay), SaysWhatRefusalMeans = true });

    private RemoteBuilder<TState, TCommand> When(Func<TState, bool> condition)
    {
        draft.When = state => condition((TState)state);
        return this;
    }

    private RemoteBuilder<TState, TCommand> With(StepWork.Remote changed)
    {
        draft.Work = _work = changed;
        return this;
    }
}

internal sealed class WaitBuilder<TState, TEvent>(StepDraft draft) : IWait<TState, TEvent>, IDraftedStep where TState : class where TEvent : class, IEvent
{
    private StepWork.Wait _work = new([new WaitEnd(typeof(TEvent))]);

    public string Name => draft.Name;

    public StepDraft Draft => draft;

    public IWait<TState, TEvent> Begin() => With(_work);

    public IWait<TState, TEvent> OnEvent(Func<TState, TEvent, TState> fold) =>
        WithFirst(_work.Ends[0] with { Fold = (state, @event) => fold((TState)state, (TEvent)@event) });

    public IWait<TState, TEvent> ByKey(Func<TEvent, string?> key) => WithFirst(_work.Ends[0] with { Key = KeyOf(key) });

    public IWait<TState, TEvent> Or<TOther>(Func<TState, TOther, TState> fold, Func<TOther, string?>? byKey = null) where TOther : class, IEvent
    {
        ArgumentNullException.ThrowIfNull(fold);
        return With(new WaitEnd(typeof(TOther)) { Fold = (state, @event) => fold((TState)state, (TOther)@event), Key = byKey is null ? null : KeyOf(byKey) });
    }

    public IWait<TState, TEvent> Or<TOther>(Func<TOther, Refusal> refuse, Func<TOther, string?>? byKey = null) where TOther : class, IEvent
    {
        ArgumentNullException.ThrowIfNull(refuse);
        return With(new WaitEnd(typeof(TOther)) { Refuse = @event => refuse((TOther)@event), Key = byKey is null ? null : KeyOf(byKey) });
    }

    public IWait<TState, TEvent> Within(TimeSpan deadline) => With(_work with { Within = deadline });

    public IWait<TState, TEvent> When(Func<TState, bool> condition)
    {
        draft.When = state => condition((TState)state);
        return this;
    }

    private static Func<object, string?> KeyOf<T>(Func<T, string?> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return @event => key((T)@event);
    }

    private WaitBuilder<TState, TEvent> With(WaitEnd alternative) => With(_work with { Ends = _work.Ends.Add(alternative) });

    private WaitBuilder<TState, TEvent> WithFirst(WaitEnd first) => With(_work with { Ends = _work.Ends.SetItem(0, first) });

    private WaitBuilder<TState, TEvent> With(StepWork.Wait changed)
    {
        draft.Work = _work = changed;
        return this;
    }
}

internal sealed class RemovedBuilder<TState>(StepDraft draft) : IRemovedStep<TState>, IDraftedStep where TState : class
{
    private StepWork.Removed _work = new();

    public string Name => draft.Name;

    public StepDraft Draft => draft;

    public IRemovedStep<TState> Begin() => With(_work);

    public IRemovedStep<TState> Undo<TUndo>(Func<TState, TUndo> command) where TUndo : class, ICommand
    {
        ArgumentNullException.ThrowIfNull(command);
        return With(_work with { UndoCommand = new CommandPlan(typeof(TUndo), state => command((TState)state)) });
    }

    public IRemovedStep<TState> Undo(Func<TState, StepContext, StepResult<TState>> undo) => With(_work with { UndoAction = LocalActions.From(undo) });

    public IRemovedStep<TState> NothingToUndo(string reason)
    {
        draft.NothingToUndo = reason;
        return this;
    }

    public IRemovedStep<TState> ParkAfter(TimeSpan time) => With(_work with { ParkAfter = time });

    public IRemovedStep<TState> RetryUndo(RetryPolicy policy)
    {
        draft.UndoRetry = policy;
        return this;
    }

    private RemovedBuilder<TState> With(StepWork.Removed work)
    {
        draft.Work = _work = work;
        return this;
    }
}
