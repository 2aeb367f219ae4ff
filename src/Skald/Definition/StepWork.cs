using System.Collections.Immutable;

namespace Skald.Definition;

/// <summary>Runs a local step or its undo.</summary>
/// <param name="state">The saga's state.</param>
/// <param name="context">The transaction and the clock.</param>
/// <returns>The next state, or a refusal.</returns>
public delegate ValueTask<(object? State, Refusal? Refusal)> LocalAction(object state, StepContext context);

/// <summary>A command that a step sends.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Build">Builds it from the saga's state.</param>
public sealed record CommandPlan(Type Type, Func<object, ICommand> Build)
{
    /// <summary>The type of its reply, read off the command; null when the command names none, which is a problem of its contract.</summary>
    public Type? ReplyType { get; } = Reflected.Replies(Type).FirstOrDefault();
}

/// <summary>What a step does. Closed. Functions over state are pure; only a <see cref="LocalAction"/> may do I/O.</summary>
public abstract record StepWork
{
    private StepWork()
    {
    }

    /// <summary>The command that undoes it; null when none does.</summary>
    public CommandPlan? UndoCommand { get; init; }

    /// <summary>The code that undoes it in the saga's own transaction; null when none does.</summary>
    public LocalAction? UndoAction { get; init; }

    /// <summary>How long an answer that has to come may take before a person is asked; null for however long it takes.</summary>
    public TimeSpan? ParkAfter { get; init; }

    /// <summary>Code that runs in the saga's own transaction.</summary>
    /// <param name="Do">The action.</param>
    public sealed record Local(LocalAction Do) : StepWork;

    /// <summary>A command to a participant, and its answer.</summary>
    /// <param name="Command">The command.</param>
    public sealed record Remote(CommandPlan Command) : StepWork
    {
        /// <summary>How long a reply may take unless the author said otherwise.</summary>
        public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

        /// <summary>How long the reply may take before the step is in doubt, if it may be given up.</summary>
        public TimeSpan Within { get; init; } = DefaultDeadline;

        /// <summary>Takes the reply into the state; null when nothing is read from it.</summary>
        public Func<object, object, object>? OnReply { get; init; }

        /// <summary>Takes a refusal into the state.</summary>
        public Func<object, Refusal, object>? OnRefusal { get; init; }

        /// <summary>The refusal type that <see cref="OnRefusal"/> reads; <see cref="Refusal"/> unless declared.</summary>
        public Type RefusalType { get; init; } = typeof(Refusal);

        /// <summary>What happens after a refusal: tried again this often, then the step has failed.</summary>
        public RetryPolicy RefusalRetry { get; init; } = RetryPolicy.None;

        /// <summary>Whether the author said what a refusal of a retriable step means.</summary>
        public bool SaysWhatRefusalMeans { get; init; }
    }

    /// <summary>What it did is no longer known: an older version had it. How it is undone is.</summary>
    public sealed record Removed : StepWork;

    /// <summary>Waiting for an event from people or from outside. It changes nothing by itself.</summary>
    /// <param name="Ends">What ends it: the event that it is for, then those that may come instead.</param>
    public sealed record Wait(ImmutableArray<WaitEnd> Ends) : StepWork
    {
        /// <summary>How long to wait before the step has failed; null for however long it takes.</summary>
        public TimeSpan? Within { get; init; }

        /// <summary>What an event of a type means to it; null for nothing.</summary>
        public WaitEnd? Find(Type eventType) => Ends.FirstOrDefault(e => e.EventType == eventType);
    }
}
