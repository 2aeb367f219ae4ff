using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Skald.Diagnostics;

namespace Skald.Runtime;

/// <summary>
/// What this process knows of its own absence: since its start, since its database or its broker was last out of reach, since a look for due work that
/// came later than it should have. A deadline that passed meanwhile says nothing about who was asked.
/// </summary>
/// <param name="service">The service's name, for the log.</param>
/// <param name="longestPause">The longest that should lie between two looks.</param>
/// <param name="logger">Told when an absence is noticed: steps get more time for it.</param>
internal sealed class Absence(string service, TimeSpan longestPause, ILogger logger)
{
    // Later than this, a look says that this process stood still.
    private static readonly TimeSpan StoodStill = TimeSpan.FromSeconds(2);

    // In ticks: written by every thread that notices an absence.
    private long _until;
    private DateTimeOffset? _lookedAt;

    /// <summary>Deadlines before this time passed while nobody could have seen an answer; null when there was no absence.</summary>
    public DateTimeOffset? Until => Volatile.Read(ref _until) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>This process begins to serve: until now it saw nothing.</summary>
    public void EndsWithStart(DateTimeOffset now) => _ = End(now);

    /// <summary>Until now nobody could have seen an answer; what came meanwhile is still to be taken from the queue. Said in the log, once for each absence.</summary>
    /// <param name="now">The time.</param>
    /// <param name="why">What kept this process away.</param>
    public void Ends(DateTimeOffset now, string why)
    {
        if (End(now) < now.UtcTicks)
        {
            logger.WasAway(service, why);
        }
    }

    /// <summary>The latest end counts, whoever saw it.</summary>
    /// <returns>The one before.</returns>
    private long End(DateTimeOffset now)
    {
        var ends = (now + SagaDecider.AfterAbsence).UtcTicks;
        while (true)
        {
            var before = Volatile.Read(ref _until);
            if (before >= ends || Interlocked.CompareExchange(ref _until, ends, before) == before)
            {
                return before;
            }
        }
    }

    /// <summary>A look for due work begins: the machine may have slept, or something may have kept this process.</summary>
    public void LookBegins(DateTimeOffset now)
    {
        if (_lookedAt is { } before && now - before > longestPause + StoodStill)
        {
            Ends(now, $"it stood still for {(now - before).TotalSeconds:0.0} seconds");
        }

        _lookedAt = null;
    }

    /// <summary>It has ended; what it did itself is no absence.</summary>
    public void LookEnded(DateTimeOffset now) => _lookedAt = now;
}
