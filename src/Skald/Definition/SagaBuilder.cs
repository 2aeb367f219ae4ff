using System.Collections.Immutable;
using Skald.Definition;

namespace Skald;

/// <summary>Collects the steps of a saga in the order in which they are taken.</summary>
/// <typeparam name="TState">The saga's state.</typeparam>
public sealed class SagaBuilder<TState> where TState : class
{
    private readonly List<StepDraft> _drafts = [];
    private int _stage;

    internal SagaBuilder()
    {
    }

    /// <summary>Adds a step that can be undone.</summary>
    /// <param name="name">Its stable identity: at most 200 characters on one line; those beyond ASCII count as the bytes of their UTF-8.</param>
    public IStepStart<TState> Step(string name) => Add(name, StepKind.Compensatable);

    /// <summary>Adds the point of no return: once it is done, the saga only goes forward.</summary>
    /// <remarks>Say <c>Undo</c> or <c>NothingToUndo</c> if it may be given up when its reply is overdue; else it is asked again until it answers.</remarks>
    public IStepStart<TState> Pivot(string name) => Add(name, StepKind.Pivot);

    /// <summary>Adds a step after the pivot, retried until it is done.</summary>
    public IRetriableStart<TState> Retriable(string name) => Add(name, StepKind.Retriable);

    /// <summary>Waits for people or for the outside world.</summary>
    /// <typeparam name="TEvent">The event that ends the wait.</typeparam>
    public IWait<TState, TEvent> WaitFor<TEvent>(string name) where TEvent : class, IEvent
    {
        var draft = Add(name, StepKind.Compensatable);
        draft.Set(p => p with { Action = StepAction.Event, EventType = typeof(TEvent), NothingToUndo = "waiting changes nothing" });
        return new Wait<TState, TEvent>(draft);
    }

    /// <summary>Steps that run side by side; the saga goes on when all have ended.</summary>
    public void Parallel(Action<ParallelBuilder<TState>> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        steps(new ParallelBuilder<TState>(this));
        _stage++;
    }

    internal StepStart<TState> AddParallel(string name) => AddToStage(name, StepKind.Compensatable);

    internal SagaPlan Build(string name) =>
        new(name, typeof(TState), [.. _drafts.Select((draft, index) => draft.Plan with { Index = index })]);

    private StepStart<TState> Add(string name, StepKind kind)
    {
        var start = AddToStage(name, kind);
        _stage++;
        return start;
    }

    private StepStart<TState> AddToStage(string name, StepKind kind)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var draft = new StepStart<TState>(new StepPlan { Name = name, Kind = kind, Stage = _stage });
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
