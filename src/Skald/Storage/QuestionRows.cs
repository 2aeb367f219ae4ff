namespace Skald.Storage;

/// <summary>Sagas that went wrong in one way.</summary>
/// <param name="Definition">Their definition.</param>
/// <param name="Status">Where they stand, as a number.</param>
/// <param name="FailedStep">The step that failed; null when it is none in particular.</param>
/// <param name="FailureType">The type of what went wrong; null when there is none.</param>
/// <param name="Count">How many, counted up to a cap.</param>
/// <param name="OldestStartedAt">When the first of them was started, in Unix milliseconds.</param>
/// <param name="Newest">The one that was started last.</param>
public sealed record FailureGroupRow(string Definition, int Status, string? FailedStep, string? FailureType, long Count, long OldestStartedAt, Guid Newest);

/// <summary>Dead letters of one kind.</summary>
/// <param name="Kind">The kind, as <see cref="DeadLetterKind"/> makes it.</param>
/// <param name="Count">How many, counted up to a cap.</param>
/// <param name="OldestAt">When the first of them came, in Unix milliseconds.</param>
/// <param name="Newest">The number of the last of them.</param>
public sealed record DeadLetterGroupRow(string Kind, long Count, long OldestAt, long Newest);

/// <summary>An instance that has joined and has not left.</summary>
/// <param name="Number">Its number (<see cref="IStore.Incarnation"/>).</param>
/// <param name="IsGone">Whether it is gone, as far as the store can tell at this moment.</param>
public sealed record InstanceRow(long Number, bool IsGone)
{
    /// <summary>Its machine and the number of its process there, as <see cref="ThisProcess"/> was for it; null when that was not written.</summary>
    public string? Name { get; init; }

    /// <summary>When it joined, in Unix milliseconds; null when that was not written.</summary>
    public long? Since { get; init; }

    /// <summary>When others found it to be gone, in Unix milliseconds; null when they have not.</summary>
    public long? GoneAt { get; init; }

    /// <summary>The plans that it knows, as it said when it joined; null for all.</summary>
    public IReadOnlyList<string>? Plans { get; init; }

    /// <summary>What this process is called among instances.</summary>
    public static string ThisProcess => $"{Environment.MachineName}/{Environment.ProcessId}";
}
