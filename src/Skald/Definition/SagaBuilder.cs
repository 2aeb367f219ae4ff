using System.Collections.Immutable;
using Skald.Definition;
using Skald.Diagnostics;

namespace Skald;

/// <summary>Collects the steps of a saga in the order in which they are taken.</summary>
/// <typeparam name="TState">The saga's state.</typeparam>
public sealed class SagaBuilder<TState> where TState : class
{
    private readonly List<StepDraft> _drafts = [];
    private Func<object, string?>? _key;
    private Func<object, string>? _summary;
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
        var draft = Draft(name, StepKind.Compensatable);
        _stage++;
        draft.NothingToUndo = "waiting changes nothing";
        return new WaitBuilder<TState, TEvent>(draft).Begin();
    }

    /// <summary>The business key that people and programs know a saga by, such as an order's number.</summary>
    /// <param name="key">Reads it off the state; null for a saga without one. At most 200 characters are kept. Read when the saga is stored, so that it may be set by a step.</param>
    public void Key(Func<TState, string?> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        _key = state => key((TState)state);
    }

    /// <summary>One line that tells people what a saga is about. Made when somebody looks, from the state as it is then.</summary>
    public void Summary(Func<TState, string> summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        _summary = state => summary((TState)state);
    }

    /// <summary>Steps that run side by side; the saga goes on when all have ended.</summary>
    public void Parallel(Action<ParallelBuilder<TState>> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        steps(new ParallelBuilder<TState>(this));
        _stage++;
    }

    internal StepStart<TState> AddParallel(string name) => new(Draft(name, StepKind.Compensatable));

    internal SagaPlan Build(string name, List<string> problems)
    {
        if (_drafts.Count == 0)
        {
            problems.Add(ErrorCodes.NoSteps(name));
        }

        var steps = ImmutableArray.CreateBuilder<StepPlan>(_drafts.Count);
        foreach (var draft in _drafts)
        {
            if (draft.Build(name, steps.Count, problems) is { } step)
            {
                steps.Add(step);
            }
        }

        return new SagaPlan(name, typeof(TState), steps.ToImmutable()) { Key = _key, Summary = _summary };
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
}
