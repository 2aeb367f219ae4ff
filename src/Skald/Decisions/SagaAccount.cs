namespace Skald.Decisions;

/// <summary>What a saga says of an effect that it has asked a participant for.</summary>
public enum EffectState
{
    /// <summary>The saga has not ended: nothing is said yet.</summary>
    Open,

    /// <summary>It is done, and stays.</summary>
    Applied,

    /// <summary>Its participant has said that it is undone, or that there was nothing to undo.</summary>
    Undone,

    /// <summary>If it was applied, it was undone: of a round that was given up so that its step could be done again.</summary>
    Gone,

    /// <summary>It was refused, or never asked for.</summary>
    Never,

    /// <summary>Anything is right: nothing undoes it, or a person has the saga go on without it.</summary>
    Either,
}

/// <summary>What a saga says of one of its steps.</summary>
/// <param name="Step">The name under which the participant's ledger knows it: in a later round it ends with that round's number.</param>
/// <param name="Participant">The service that was asked.</param>
/// <param name="State">What is said.</param>
public sealed record StatedEffect(string Step, string Participant, EffectState State);

/// <summary>A saga as its ledgers are held against it.</summary>
/// <param name="Service">The service that has it.</param>
/// <param name="Saga">The saga.</param>
/// <param name="Definition">Its definition.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Version">How often it was written; 0 when it was removed.</param>
/// <param name="Steps">What it says of those steps that participants do, with those of earlier rounds.</param>
public sealed record SagaAccount(string Service, SagaId Saga, string Definition, SagaStatus Status, long Version, IReadOnlyList<StatedEffect> Steps)
{
    /// <summary>Whether it was removed some time after its end: then it says nothing of its steps any more.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>Why its steps cannot be read; null when they can. Then it says nothing of them.</summary>
    public string? Unread { get; init; }
}

/// <summary>A row of a service's ledger.</summary>
/// <param name="Service">Whose ledger it is.</param>
/// <param name="Saga">The saga, whichever service's it is.</param>
/// <param name="Step">The step, as the ledger knows it.</param>
/// <param name="Undo">Whether it is about the step's undo.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Message">The type of the message that asked for it.</param>
/// <param name="Outcome">What became of it; null when the row says what there is not.</param>
/// <param name="At">When.</param>
public sealed record BookedEffect(string Service, SagaId Saga, string Step, bool Undo, int Attempt, string Message, LedgerOutcome? Outcome, DateTimeOffset At);

/// <summary>A step for which a service asks another.</summary>
/// <param name="Owner">The service that has the sagas.</param>
/// <param name="Step">The step.</param>
/// <param name="Participant">The service that it asks.</param>
/// <param name="Message">The type of the message.</param>
/// <param name="RemovedKnownFor">For how long it remembers that it had a saga which it has removed.</param>
public sealed record AskedStep(string Owner, string Step, string Participant, string Message, TimeSpan RemovedKnownFor);
