namespace Skald;

/// <summary>What became of an event that was raised for a saga.</summary>
public enum EventOutcome
{
    /// <summary>There is no such saga, by its key also when it is removed, or it never waits for such an event. Nothing was kept.</summary>
    Unknown,

    /// <summary>The saga waited for it, and went on or turned back with it.</summary>
    Accepted,

    /// <summary>The saga does not wait for it yet, or is parked. It is kept until it does.</summary>
    Early,

    /// <summary>The saga has one already, taken in or kept. This one is dropped.</summary>
    AlreadyThere,

    /// <summary>
    /// The saga no longer waits for it: the time is over, another event came first, it was not needed, or the saga turned back or ended. It is dropped. A copy of an
    /// event that has ended a wait which others could have ended as well comes too late, too.
    /// </summary>
    TooLate,

    /// <summary>This process does not know the version that the saga runs. The event is kept for one that does, and what becomes of it is in the saga's timeline.</summary>
    PassedOn,
}
