using System.Runtime.CompilerServices;
using Skald.Definition;

namespace Skald;

/// <summary>A step that does not yet say what it does.</summary>
public interface IParallelStart<TState> where TState : class
{
    /// <summary>Sends a command and waits for its reply.</summary>
    ICompensatableStep<TState, TCommand> Send<TCommand>(Func<TState, TCommand> command) where TCommand : class, ICommand;
}

/// <summary>A step that does not yet say what it does.</summary>
public interface IStepStart<TState> : IParallelStart<TState> where TState : class
{
    /// <summary>Runs code in the saga's own transaction.</summary>
    [OverloadResolutionPriority(1)] // For code that only throws, which fits both.
    ILocalStep<TState> Do(Func<TState, StepContext, StepResult<TState>> action);

    /// <summary>Runs code in the saga's own transaction.</summary>
    ILocalStep<TState> Do(Func<TState, StepContext, ValueTask<StepResult<TState>>> action);
}

/// <summary>A step after the pivot that does not yet say what it does.</summary>
public interface IRetriableStart<TState> where TState : class
{
    /// <summary>Sends a command, again and again until it is done.</summary>
    IRetriableStep<TState, TCommand> Send<TCommand>(Func<TState, TCommand> command) where TCommand : class, ICommand;

    /// <summary>Runs code in the saga's own transaction.</summary>
    [OverloadResolutionPriority(1)] // For code that only throws, which fits both.
    ILocalRetriableStep<TState> Do(Func<TState, StepContext, StepResult<TState>> action);

    /// <summary>Runs code in the saga's own transaction.</summary>
    ILocalRetriableStep<TState> Do(Func<TState, StepContext, ValueTask<StepResult<TState>>> action);
}

/// <summary>A local step after the pivot.</summary>
public interface ILocalRetriableStep<TState> : IStep where TState : class
{
    /// <summary>Takes the step only if this holds when it is reached.</summary>
    ILocalRetriableStep<TState> When(Func<TState, bool> condition);
}

/// <summary>A local step that can be undone.</summary>
public interface ILocalStep<TState> : IStep where TState : class
{
    /// <summary>How it is undone, in the saga's own transaction.</summary>
    [OverloadResolutionPriority(1)]
    ILocalStep<TState> Undo(Func<TState, StepContext, StepResult<TState>> undo);

    /// <summary>How it is undone, in the saga's own transaction.</summary>
    ILocalStep<TState> Undo(Func<TState, StepContext, ValueTask<StepResult<TState>>> undo);

    /// <summary>Says that there is nothing to undo, and why.</summary>
    ILocalStep<TState> NothingToUndo(string reason);

    /// <summary>Takes the step only if this holds when it is reached.</summary>
    ILocalStep<TState> When(Func<TState, bool> condition);
}

/// <summary>A remote step that can be undone.</summary>
/// <typeparam name="TState">The saga's state.</typeparam>
/// <typeparam name="TCommand">Its command; <see cref="StepReplies"/> reads the reply type off it.</typeparam>
public interface ICompensatableStep<TState, out TCommand> : IStep where TState : class where TCommand : class
{
    /// <summary>The command that undoes it; it is acknowledged like any other.</summary>
    ICompensatableStep<TState, TCommand> Undo<TUndo>(Func<TState, TUndo> command) where TUndo : class, ICommand;

    /// <summary>Says that there is nothing to undo, and why.</summary>
    ICompensatableStep<TState, TCommand> NothingToUndo(string reason);

    /// <summary>How long the reply may take; then the step is in doubt and is undone too. 30 seconds unless set. A pivot that cannot be undone has no such deadline.</summary>
    ICompensatableStep<TState, TCommand> Within(TimeSpan deadline);

    /// <summary>
    /// Asks a person when an answer that has to come - that it is undone, or that of a pivot which cannot be undone - takes longer than this. Unless it
    /// is set, the saga waits until the participant is back.
    /// </summary>
    ICompensatableStep<TState, TCommand> ParkAfter(TimeSpan time);

    /// <summary>Takes the step only if this holds when it is reached.</summary>
    ICompensatableStep<TState, TCommand> When(Func<TState, bool> condition);

    /// <summary>Asks again after a refusal, before the refusal counts.</summary>
    /// <param name="retries">Tries after the first: 0 to 1,000.</param>
    /// <param name="delay">Waited before each: zero to 30 days.</param>
    ICompensatableStep<TState, TCommand> RetryRefused(int retries, TimeSpan delay);

    /// <summary>Takes a refusal into the state before compensation starts.</summary>
    ICompensatableStep<TState, TCommand> OnRefusal<TRefusal>(Func<TState, TRefusal, TState> fold) where TRefusal : Refusal;

    /// <summary>How often undoing is tried before the saga is parked.</summary>
    ICompensatableStep<TState, TCommand> RetryUndo(RetryPolicy policy);
}

/// <summary>A remote step after the pivot.</summary>
public interface IRetriableStep<TState, out TCommand> : IStep where TState : class where TCommand : class
{
    /// <summary>Asks a person when the answer takes longer than this. Unless it is set, the saga waits until the participant is back.</summary>
    IRetriableStep<TState, TCommand> ParkAfter(TimeSpan time);

    /// <summary>Takes the step only if this holds when it is reached.</summary>
    IRetriableStep<TState, TCommand> When(Func<TState, bool> condition);

    /// <summary>A refusal is retried like a fault; when the retries are used up, the saga is parked.</summary>
    IRetriableStep<TState, TCommand> RetryRefused(int retries, TimeSpan delay);

    /// <summary>A refusal parks the saga at once, for a person to decide.</summary>
    IRetriableStep<TState, TCommand> ParkIfRefused();
}

/// <summary>A wait for an event.</summary>
public interface IWait<TState, TEvent> : IStep where TState : class where TEvent : class, IEvent
{
    /// <summary>Takes the event into the state.</summary>
    IWait<TState, TEvent> OnEvent(Func<TState, TEvent, TState> fold);

    /// <summary>
    /// The event is published, and not raised for one saga: it is for every saga of this definition that has this business key and has not ended. Where there is none,
    /// it is kept for half a minute, for its saga may be about to start. Whoever can publish it is believed.
    /// </summary>
    /// <param name="key">Reads the key off the event; null for an event that is for no saga.</param>
    IWait<TState, TEvent> ByKey(Func<TEvent, string?> key);

    /// <summary>Another event that ends the wait as well. Whichever comes first counts.</summary>
    /// <param name="fold">Takes it into the state; the saga goes on.</param>
    /// <param name="byKey">As <see cref="ByKey"/>, for an event that is published.</param>
    IWait<TState, TEvent> Or<TOther>(Func<TState, TOther, TState> fold, Func<TOther, string?>? byKey = null) where TOther : class, IEvent;

    /// <summary>Another event that ends the wait, and with which the saga turns back. Not after the pivot. Several waits may have the same one.</summary>
    /// <param name="refuse">Why it turns back.</param>
    /// <param name="byKey">As <see cref="ByKey"/>, for an event that is published.</param>
    IWait<TState, TEvent> Or<TOther>(Func<TOther, Refusal> refuse, Func<TOther, string?>? byKey = null) where TOther : class, IEvent;

    /// <summary>How long to wait; then the step has failed. For ever unless set.</summary>
    IWait<TState, TEvent> Within(TimeSpan deadline);

    /// <summary>Waits only if this holds when the step is reached.</summary>
    IWait<TState, TEvent> When(Func<TState, bool> condition);
}

/// <summary>A step whose code for the way forward is gone. Older sagas may have taken it.</summary>
/// <typeparam name="TState">The saga's state.</typeparam>
public interface IRemovedStep<TState> : IStep where TState : class
{
    /// <summary>The command that undoes it for sagas that have taken it.</summary>
    IRemovedStep<TState> Undo<TUndo>(Func<TState, TUndo> command) where TUndo : class, ICommand;

    /// <summary>How it is undone for sagas that have taken it, in the saga's own transaction.</summary>
    IRemovedStep<TState> Undo(Func<TState, StepContext, StepResult<TState>> undo);

    /// <summary>Says that there is nothing to undo for sagas that have taken it, and why.</summary>
    IRemovedStep<TState> NothingToUndo(string reason);

    /// <summary>Asks a person when the answer to its undo takes longer than this.</summary>
    IRemovedStep<TState> ParkAfter(TimeSpan time);

    /// <summary>How often undoing is tried before the saga is parked.</summary>
    IRemovedStep<TState> RetryUndo(RetryPolicy policy);
}

/// <summary>Typed replies: the reply's type is read off the command.</summary>
public static class StepReplies
{
    /// <summary>Takes the reply into the state.</summary>
    public static ICompensatableStep<TState, ICommand<TReply>> OnReply<TState, TReply>(
        this ICompensatableStep<TState, ICommand<TReply>> step, Func<TState, TReply, TState> fold)
        where TState : class where TReply : class
    {
        // Every step of this form is made here.
        ((IReplyBuilder)step).OnReply((state, reply) => fold((TState)state, (TReply)reply));
        return step;
    }

    /// <summary>Takes the reply into the state.</summary>
    public static IRetriableStep<TState, ICommand<TReply>> OnReply<TState, TReply>(
        this IRetriableStep<TState, ICommand<TReply>> step, Func<TState, TReply, TState> fold)
        where TState : class where TReply : class
    {
        // Every step of this form is made here.
        ((IReplyBuilder)step).OnReply((state, reply) => fold((TState)state, (TReply)reply));
        return step;
    }
}
