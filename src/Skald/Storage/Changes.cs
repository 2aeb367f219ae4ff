using Skald.Messaging;

namespace Skald.Storage;

/// <summary>What one batch writes: the second round trip, with the commit.</summary>
public sealed class Changes
{
    /// <summary>Sagas to insert or to update; <see cref="SagaRow.Version"/> says which.</summary>
    public List<SagaRow> Sagas { get; } = [];

    /// <summary>Flows to insert or to update; <see cref="FlowRow.Version"/> says which.</summary>
    public List<FlowRow> Flows { get; } = [];

    /// <summary>Answers to requests, to give again. A second one under a key that has one fails the commit.</summary>
    public List<RequestRow> Requests { get; } = [];

    /// <summary>Events to append; those of one stream follow each other, without a gap, from the version after its last one.</summary>
    public List<EventRow> Events { get; } = [];

    /// <summary>Snapshots to keep; a stream has one, of whatever shape, and the one before is replaced.</summary>
    public List<SnapshotRow> Snapshots { get; } = [];

    /// <summary>Lines to append to timelines.</summary>
    public List<JournalRow> Journal { get; } = [];

    /// <summary>Handled messages to record; a row of the same scope, step, direction and attempt is replaced.</summary>
    public List<LedgerRow> Ledger { get; } = [];

    /// <summary>How far streams have come; the row of a stream and topic is replaced.</summary>
    public List<PositionRow> Positions { get; } = [];

    /// <summary>Messages to remember until they are confirmed; a row of the same message is replaced.</summary>
    public List<OutboxRow> Outbox { get; } = [];

    /// <summary>Messages of the outbox that were confirmed: their rows are deleted. Unknown ids are passed over.</summary>
    public List<Guid> DeletedOutbox { get; } = [];

    /// <summary>Messages to try again later; a row of the same message is replaced.</summary>
    public List<DelayedRow> Delayed { get; } = [];

    /// <summary>Messages that need not be tried again: their rows are deleted. Unknown ids are passed over.</summary>
    public List<Guid> DeletedDelayed { get; } = [];

    /// <summary>Messages that cannot be handled. The store numbers them.</summary>
    public List<DeadLetterRow> DeadLetters { get; } = [];

    /// <summary>Dead letters that were dealt with: their rows are deleted. Unknown numbers are passed over.</summary>
    public List<long> DeletedDeadLetters { get; } = [];

    /// <summary>What people did. The store numbers them, and keeps them for good.</summary>
    public List<AuditRow> Audit { get; } = [];

    /// <summary>Jobs to insert or to update; <see cref="JobRow.Version"/> says which.</summary>
    public List<JobRow> Jobs { get; } = [];

    /// <summary>What jobs came to. A second one of a job's number fails the commit.</summary>
    public List<JobItemRow> JobItems { get; } = [];

    /// <summary>Sagas to remove, with their timelines, after all else is written. They were loaded; unknown ones are passed over.</summary>
    public List<Guid> RemovedSagas { get; } = [];

    /// <summary>Flows to remove, with their timelines, after all else is written. They were loaded; unknown ones are passed over.</summary>
    public List<Guid> RemovedFlows { get; } = [];

    /// <summary>What is known of those that are removed from now on; the row of an id is replaced.</summary>
    public List<RemovedRow> Removed { get; } = [];

    /// <summary>Keys of the ledger whose rows are removed, all of them: every attempt and both directions. They need not have been loaded: nobody writes to them any more.</summary>
    public HashSet<LedgerKey> Forgotten { get; } = [];

    /// <summary>Owners whose locks are freed; whoever comes first in the line of one is woken, as for <see cref="Lines"/>.</summary>
    public HashSet<string> ReleasedOwners { get; } = [];

    /// <summary>
    /// Locks that this batch has freed, or whose line somebody has left: whoever comes first in the line of one that is free when all this is written is due
    /// at <see cref="WakesAt"/>, unless it is due by <see cref="AsleepAfter"/>: then it has been woken already, or somebody has it in hand.
    /// </summary>
    public HashSet<string> Lines { get; } = [];

    /// <summary>When messages are due that were waiting for a lock, in Unix milliseconds.</summary>
    public long WakesAt { get; set; }

    /// <summary>A message that is not due by then, in Unix milliseconds, and stands in a line, sleeps.</summary>
    public long AsleepAfter { get; set; }

    /// <summary>Whether locks may be freed by this.</summary>
    internal bool FreesLocks => ReleasedOwners.Count + Lines.Count > 0;

    /// <summary>Messages that this batch has dealt with. Only for a store that <see cref="ISharesDatabaseWith.Carries"/> their transport.</summary>
    public List<Delivery> Received { get; } = [];

    /// <summary>Messages that this batch sends. Only for a store that <see cref="ISharesDatabaseWith.Carries"/> their transport.</summary>
    public List<OutgoingMessage> Sending { get; } = [];
}
