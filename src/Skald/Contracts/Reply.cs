using System.Diagnostics.CodeAnalysis;

namespace Skald;

/// <summary>What a participant answers: its reply, or a refusal.</summary>
/// <typeparam name="TReply">The reply the command names.</typeparam>
[SuppressMessage("Usage", "CA2225", Justification = "Reply.Of and new Refusal(...) are the named alternatives.")]
public readonly record struct Reply<TReply> where TReply : class
{
    private Reply(TReply? value, Refusal? refusal) => (Value, Refusal) = (value, refusal);

    /// <summary>The reply; null when refused.</summary>
    public TReply? Value { get; }

    /// <summary>The refusal; null when done.</summary>
    public Refusal? Refusal { get; }

    /// <summary>Done.</summary>
    public static implicit operator Reply<TReply>(TReply value) => new(value ?? throw new ArgumentNullException(nameof(value)), null);

    /// <summary>Refused.</summary>
    public static implicit operator Reply<TReply>(Refusal refusal) => new(null, refusal ?? throw new ArgumentNullException(nameof(refusal)));
}

/// <summary>What a local step returns: the next state, or a refusal.</summary>
/// <typeparam name="TState">The saga's state.</typeparam>
[SuppressMessage("Usage", "CA2225", Justification = "The state itself and new Refusal(...) are the named alternatives.")]
public readonly record struct StepResult<TState> where TState : class
{
    private StepResult(TState? state, Refusal? refusal) => (State, Refusal) = (state, refusal);

    /// <summary>The next state; null when refused.</summary>
    public TState? State { get; }

    /// <summary>The refusal; null when done.</summary>
    public Refusal? Refusal { get; }

    /// <summary>Done.</summary>
    public static implicit operator StepResult<TState>(TState state) => new(state ?? throw new ArgumentNullException(nameof(state)), null);

    /// <summary>Refused.</summary>
    public static implicit operator StepResult<TState>(Refusal refusal) => new(null, refusal ?? throw new ArgumentNullException(nameof(refusal)));
}
