using Skald.Decisions;

namespace Skald.Runtime;

/// <summary>
/// What this process knows of its own absence: since its start, since its database or its broker was last out of reach, since a look for due work that
/// came later than it should have. A deadline that passed meanwhile says nothing about who was asked.
/// </summary>
/// <param name="longestPause">The longest that should lie between two looks.</param>
internal sealed class Absence(TimeSpan longestPause)
{
    // Later than this, a look says that this process stood still.
    private static readonly TimeSpan StoodStill = TimeSpan.FromSeconds(2);

    // In ticks: the start of the service is noted by another thread.
    private long _until;
    private DateTimeOffset? _lookedAt;

    /// <summary>Deadlines before this time passed while nobody could have seen an answer; null when there was no absence.</summary>
    public DateTimeOffset? Until => Volatile.Read(ref _until) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Until now nobody could have seen an answer; what came meanwhile is still to be taken from the queue.</summary>
    public void Ends(DateTimeOffset now) => Volatile.Write(ref _until, (now + SagaDecider.AfterAbsence).UtcTicks);

    /// <summary>A look for due work begins: the machine may have slept, or something may have kept the lane.</summary>
    public void LookBegins(DateTimeOffset now)
    {
        if (_lookedAt is { } before && now - before > longestPause + StoodStill)
        {
            Ends(now);
        }

        _lookedAt = null;
    }

    /// <summary>It has ended; what it did itself is no absence.</summary>
    public void LookEnded(DateTimeOffset now) => _lookedAt = now;
}
