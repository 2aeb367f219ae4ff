namespace Skald;

/// <summary>Where a saga as a whole stands. <see cref="SagaStatusTable"/> says which may follow which.</summary>
public enum SagaStatus
{
    /// <summary>Steps are being done.</summary>
    Running = 0,

    /// <summary>A step failed; what was done is being undone.</summary>
    Compensating = 1,

    /// <summary>Every step is done. Final.</summary>
    Completed = 2,

    /// <summary>Everything that was done is undone. Final.</summary>
    Compensated = 3,

    /// <summary>The engine cannot go on by itself; the saga waits for a person, with the reason.</summary>
    Parked = 4,
}

/// <summary>The one table of which status may follow which.</summary>
public static class SagaStatusTable
{
    /// <summary>Whether a saga in this status will change no more.</summary>
    public static bool IsFinal(this SagaStatus status) => status is SagaStatus.Completed or SagaStatus.Compensated;

    /// <summary>The statuses that may follow <paramref name="status"/>, besides itself.</summary>
    public static IReadOnlyList<SagaStatus> Next(this SagaStatus status) => status switch
    {
        SagaStatus.Running => [SagaStatus.Compensating, SagaStatus.Completed, SagaStatus.Compensated, SagaStatus.Parked],
        // A person may have a saga do again what it has undone.
        SagaStatus.Compensating => [SagaStatus.Compensated, SagaStatus.Parked, SagaStatus.Running, SagaStatus.Completed],
        // A person resumes a parked saga where it stood; resuming may finish it at once.
        SagaStatus.Parked => [SagaStatus.Running, SagaStatus.Compensating, SagaStatus.Completed, SagaStatus.Compensated],
        _ => [],
    };

    /// <summary>The word used on the wire, in databases and on screens: <c>running</c>, <c>compensated</c>, ...</summary>
    public static string Word(this SagaStatus status) => status switch
    {
        SagaStatus.Running => "running",
        SagaStatus.Compensating => "compensating",
        SagaStatus.Completed => "completed",
        SagaStatus.Compensated => "compensated",
        _ => "parked",
    };
}
