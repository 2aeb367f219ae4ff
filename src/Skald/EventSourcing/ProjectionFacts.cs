using Skald.Storage;

namespace Skald.EventSourcing;

/// <summary>What a process knows of a projection that it runs.</summary>
/// <param name="State">What it is doing.</param>
/// <param name="Position">How far it has come.</param>
/// <param name="Oldest">The time of the oldest event known not to be projected.</param>
/// <param name="Problem">Why it stands still; null when it does not.</param>
/// <param name="Attempts">How often the event that stops it was tried.</param>
/// <param name="RetryAt">When it is tried again.</param>
/// <param name="HeldBackBy">Which open transaction keeps events from being read; null when none does.</param>
internal sealed record ProjectionFacts(
    ProjectionState State, EventPosition Position, DateTimeOffset? Oldest, string? Problem, int Attempts, DateTimeOffset? RetryAt, string? HeldBackBy = null)
{
    private const long MostCounted = 10_000;

    /// <summary>The age of the oldest event known not to be projected.</summary>
    public TimeSpan Lag(DateTimeOffset now) => Oldest is { } oldest && now > oldest ? now - oldest : TimeSpan.Zero;

    /// <summary>How the projection stands, as its own database and the events say at this moment: another process may be the one that projects.</summary>
    public async Task<ProjectionStatus> StatusAsync(string name, IProjectionStore store, IEventLog log, TimeProvider time, CancellationToken cancellationToken)
    {
        var facts = this;
        try
        {
            if (await store.FindAsync(cancellationToken) is { } checkpoint)
            {
                facts = facts.With(checkpoint);
            }

            var lag = await log.CountAsync(facts.Position, MostCounted, cancellationToken);
            var next = lag == 0 ? [] : (await log.ReadAsync(facts.Position, 1, cancellationToken)).Events;
            facts = facts with { Oldest = lag == 0 ? null : next is [var first, ..] ? UnixTime.To(first.Event.At) : facts.Oldest };
            var state = facts.State is ProjectionState.Stopped or ProjectionState.Unreachable ? facts.State : lag == 0 ? ProjectionState.Current : ProjectionState.CatchingUp;
            return new ProjectionStatus(
                name, state, facts.Position, lag, facts.Lag(time.GetUtcNow()), facts.Problem ?? (lag > 0 ? facts.HeldBackBy : null), facts.Attempts, facts.RetryAt)
            {
                StopsAt = state == ProjectionState.Stopped && next is [var stops, ..] ? stops.Position : null,
            };
        }
        catch (Exception exception) when (exception is StoreUnavailableException || store.IsOutage(exception))
        {
            return new ProjectionStatus(name, ProjectionState.Unreachable, facts.Position, 0, facts.Lag(time.GetUtcNow()), exception.Message, facts.Attempts, facts.RetryAt);
        }
    }

    private ProjectionFacts With(ProjectionCheckpoint checkpoint)
    {
        var isStoppedElsewhere = State is ProjectionState.Starting or ProjectionState.Current or ProjectionState.CatchingUp && checkpoint.Problem is not null;
        return this with
        {
            Position = checkpoint.Position,
            State = isStoppedElsewhere ? ProjectionState.Stopped : State,
            Problem = isStoppedElsewhere ? checkpoint.Problem : Problem,
        };
    }
}
