namespace Skald;

/// <summary>Where a job stands that does one act to many sagas.</summary>
public enum JobState
{
    /// <summary>It goes on.</summary>
    Running = 0,

    /// <summary>It waits until it is resumed.</summary>
    Suspended = 1,

    /// <summary>A person has ended it before it was through.</summary>
    Stopped = 2,

    /// <summary>It is through.</summary>
    Done = 3,
}

/// <summary>What a job's act came to with one saga.</summary>
public enum JobItemOutcome
{
    /// <summary>It was done.</summary>
    Done = 0,

    /// <summary>The saga did not allow it, or was not meant any more: nothing was done.</summary>
    Refused = 1,

    /// <summary>It failed: nothing was done.</summary>
    Failed = 2,
}
