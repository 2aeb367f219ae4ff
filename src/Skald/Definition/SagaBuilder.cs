using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Skald.Definition;
using Skald.Diagnostics;

namespace Skald;

/// <summary>Collects the steps of a saga in the order in which they are taken.</summary>
/// <typeparam name="TState">The saga's state.</typeparam>
public sealed class SagaBuilder<TState> where TState : class
{
    private readonly List<StepDraft> _drafts = [];
    private readonly List<StateChange> _changes = [];
    private Func<object, string?>? _key;
    private KeyUse _keyUse;
    private Func<object, string>? _summary;
    private Func<object, string?>? _forbidsCancel;
    private Func<object, string, string, object>? _onSkip;
    private int _stage;

    internal SagaBuilder()
    {
    }

    /// <summary>Adds a step that can be undone.</summary>
    /// <param name="name">Its stable identity: at most 200 characters on one line; those beyond ASCII count as the bytes of their UTF-8.</param>
    public IStepStart<TState> Step(string name) => Add(name, StepKind.Compensatable);

    /// <summary>Adds the point of no return: once it is done, the saga only goes forward.</summary>
    /// <remarks>Say <c>Undo</c> or <c>NothingToUndo</c> if it may be given up when its reply is overdue; else it is waited for, however long it takes.</remarks>
    public IStepStart<TState> Pivot(string name) => Add(name, StepKind.Pivot);

    /// <summary>Adds a step after the pivot, retried until it is done.</summary>
    public IRetriableStart<TState> Retriable(string name) => Add(name, StepKind.Retriable);

    /// <summary>Waits for people or for the outside world.</summary>
    /// <typeparam name="TEvent">The event that ends the wait.</typeparam>
    public IWait<TState, TEvent> WaitFor<TEvent>(string name) where TEvent : class, IEvent
    {
        var wait = AddWait<TEvent>(name);
        _stage++;
        return wait;
    }

    /// <summary>The business key that people and programs know a saga by, such as an order's number.</summary>
    /// <param name="key">
    /// Reads it off the state; null for a saga without one. At most 200 characters are kept. Read when the saga is stored, so that it may be set by a step;
    /// where not as many may have it as there are, off the state with which it is started, and never again.
    /// </param>
    /// <param name="use">How many sagas of this definition may have one key. A start that would be one too many throws <see cref="SagaExistsException"/>; from within a handler it starts nothing.</param>
    public void Key(Func<TState, string?> key, KeyUse use = KeyUse.Many)
    {
        ArgumentNullException.ThrowIfNull(key);
        (_key, _keyUse) = (state => key((TState)state), use);
    }

    /// <summary>One line that tells people what a saga is about. Made when somebody looks, from the state as it is then.</summary>
    public void Summary(Func<TState, string> summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        _summary = state => summary((TState)state);
    }

    /// <summary>Says when a saga may not be cancelled although its point of no return is not done.</summary>
    /// <param name="forbids">Why not, in a sentence for whoever asked; null when it may be. Pure: only the state is looked at.</param>
    public void OnCancel(Func<TState, string?> forbids)
    {
        ArgumentNullException.ThrowIfNull(forbids);
        _forbidsCancel = state => forbids((TState)state);
    }

    /// <summary>Tells the state when a person has the saga go on without a step, so that later steps can do without it too.</summary>
    /// <param name="fold">Takes the step's name and the person's reason into the state. Pure. What it throws is noted, and the step is skipped all the same.</param>
    public void OnSkip(Func<TState, string, string, TState> fold)
    {
        ArgumentNullException.ThrowIfNull(fold);
        _onSkip = (state, step, reason) => fold((TState)state, step, reason);
    }

    /// <summary>The shape in which the state is stored is another one since a version: a member has a new name, or is required now.</summary>
    /// <remarks>
    /// Sagas of earlier versions stay stored as they were, so that processes with the old code read them. A member that is added and may be missing
    /// needs none of this.
    /// </remarks>
    /// <param name="since">The first version with the new shape: 2 to the definition's own.</param>
    /// <param name="upgrade">Makes the new shape of the old, in place.</param>
    /// <param name="downgrade">Makes the old shape of the new, in place.</param>
    public void StateChanged(int since, Action<JsonObject> upgrade, Action<JsonObject> downgrade)
    {
        ArgumentNullException.ThrowIfNull(upgrade);
        ArgumentNullException.ThrowIfNull(downgrade);
        _changes.Add(new StateChange(since, upgrade, downgrade));
    }

    /// <summary>A step that earlier versions had, and whose code is gone. It stands where it stood; a pivot cannot be removed so: keep it, with <c>Until</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="since">The first version without it: 2 to the definition's own.</param>
    public IRemovedStep<TState> Removed(string name, int since)
    {
        var draft = Draft(name, StepKind.Compensatable);
        _stage++;
        draft.Until = since;
        return new RemovedBuilder<TState>(draft).Begin();
    }

    /// <summary>Steps that run side by side; the saga goes on when all have ended.</summary>
    public void Parallel(Action<ParallelBuilder<TState>> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        steps(new ParallelBuilder<TState>(this));
        _stage++;
    }

    internal StepStart<TState> AddParallel(string name) => new(Draft(name, StepKind.Compensatable));

    internal IWait<TState, TEvent> AddWait<TEvent>(string name) where TEvent : class, IEvent
    {
        var draft = Draft(name, StepKind.Compensatable);
        draft.NothingToUndo = "waiting changes nothing";
        return new WaitBuilder<TState, TEvent>(draft).Begin();
    }

    /// <summary>The plan of a version.</summary>
    internal SagaPlan Build(string name, int version)
    {
        List<(StepDraft Draft, StepWork Work)> having = [.. from draft in _drafts where draft.IsIn(version) && draft.Work is not null select (draft, draft.Work)];
        List<int> stages = [.. having.Select(h => h.Draft.Stage).Distinct()];
        var pivot = having.FindIndex(h => h.Draft.Kind == StepKind.Pivot);
        return new SagaPlan(name, version, typeof(TState), [.. having.Select((h, i) => h.Draft.Build(version, i, stages.IndexOf(h.Draft.Stage), pivot >= 0 && i > pivot, h.Work))])
        {
            Key = _key,
            KeyUse = _keyUse,
            Summary = _summary,
            ForbidsCancel = _forbidsCancel,
            OnSkip = _onSkip,
            Shapes = _changes.TrueForAll(c => c.Since <= version) ? StateShapes.Same : new StateShapes([.. _changes.Where(c => c.Since > version).OrderBy(c => c.Since)]),
        };
    }

    /// <summary>What is wrong whatever the version.</summary>
    internal void Check(string name, int version, List<string> problems)
    {
        if (!_drafts.Exists(d => d.IsIn(version)))
        {
            problems.Add(ErrorCodes.NoSteps(name));
        }

        problems.AddRange(_drafts.Where(d => d.Work is null).Select(d => ErrorCodes.StepDoesNothing(name, d.Name)));
        foreach (var (what, named, least) in _drafts.SelectMany(d => d.Versions.Select(v => ($"step '{d.Name}'", v.Named, v.Least))).Concat(_changes.Select(c => ("StateChanged", c.Since, 2))))
        {
            if (named < least || named > version)
            {
                problems.Add(ErrorCodes.NoSuchVersion(name, what, named, least, version));
            }
        }
    }

    private StepStart<TState> Add(string name, StepKind kind)
    {
        var draft = Draft(name, kind);
        _stage++;
        return new StepStart<TState>(draft);
    }

    private StepDraft Draft(string name, StepKind kind)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var draft = new StepDraft(name, kind, _stage);
        _drafts.Add(draft);
        return draft;
    }
}

/// <summary>Collects steps that run side by side.</summary>
/// <typeparam name="TState">The saga's state.</typeparam>
public sealed class ParallelBuilder<TState> where TState : class
{
    private readonly SagaBuilder<TState> _saga;

    internal ParallelBuilder(SagaBuilder<TState> saga) => _saga = saga;

    /// <summary>Adds a step that runs beside its neighbours.</summary>
    public IParallelStart<TState> Step(string name) => _saga.AddParallel(name);

    /// <summary>Waits for people or for the outside world, beside its neighbours. When one of them fails before the pivot, it waits no longer.</summary>
    /// <typeparam name="TEvent">The event that ends the wait.</typeparam>
    public IWait<TState, TEvent> WaitFor<TEvent>(string name) where TEvent : class, IEvent => _saga.AddWait<TEvent>(name);
}
