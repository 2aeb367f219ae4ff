using System.Text.Json.Serialization;
using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>All that the file holds. A unit of work has one of its own, so that forgetting it is the rollback.</summary>
[JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
internal sealed class Document
{
    /// <summary>The format that this code writes.</summary>
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    public required string Owner { get; init; }

    public Table<Guid, SagaRow> Sagas { get; } = new(r => r.Id);

    public Table<Guid, FlowRow> Flows { get; } = new(r => r.Id);

    public Table<string, RequestRow> Requests { get; } = new(r => r.Key);

    public Table<(LedgerKey Key, bool Undo, int Attempt), LedgerRow> Ledger { get; } = new(r => (KeyOf(r), r.Undo, r.Attempt));

    public Table<PositionKey, PositionRow> Positions { get; } = new(r => r.Key);

    public Table<Guid, OutboxRow> Outbox { get; } = new(r => r.Id);

    public Table<Guid, DelayedRow> Delayed { get; } = new(r => r.Id);

    public Table<long, DeadLetterRow> DeadLetters { get; } = new(r => r.Number);

    public Table<Guid, RemovedRow> Removed { get; } = new(r => r.Id);

    public Table<long, AuditRow> Audit { get; } = new(r => r.Number);

    public Table<Guid, JobRow> Jobs { get; } = new(r => r.Id);

    public Table<(Guid, long), JobItemRow> JobItems { get; } = new(r => (r.Job, r.Number));

    /// <summary>The service's secret; null before it was drawn.</summary>
    public byte[]? Secret { get; set; }

    /// <summary>Instances that joined and have not left.</summary>
    public List<long> Joined { get; } = [];

    /// <summary>The plans that those of them know; an instance that is not among them knows all.</summary>
    public Dictionary<long, string[]> Knows { get; } = [];

    /// <summary>When they joined, and as what people know them.</summary>
    public Table<long, InstanceRow> Instances { get; } = new(r => r.Number);

    /// <summary>The number of the last instance there ever was.</summary>
    public long LastJoined { get; set; }

    /// <summary>The number of the last dead letter there ever was.</summary>
    public long LastDeadLetter { get; set; }

    public List<JournalRow> Journal { get; } = [];

    public List<StoredEvent> Events { get; } = [];

    public Table<string, SnapshotRow> Snapshots { get; } = new(r => r.Stream);

    /// <summary>Owners by key.</summary>
    public Dictionary<string, string> Locks { get; } = [];

    /// <summary>Reasons by key.</summary>
    public Dictionary<string, string> Tombstones { get; } = [];

    public static LedgerKey KeyOf(LedgerRow row) => new(row.Scope, row.Step, row.Secret);

    /// <summary>Who comes first in the line of a lock; null when nobody stands in it.</summary>
    public DelayedRow? FirstInLine(string key) => Delayed.Where(r => r.Line == key).MinBy(r => r.Place);

    /// <summary>Frees an owner's locks, and says which.</summary>
    public List<string> Release(string owner)
    {
        List<string> keys = [.. Locks.Where(l => l.Value == owner).Select(l => l.Key)];
        keys.ForEach(key => Locks.Remove(key));
        return keys;
    }

    public StreamRows ReadStream(string stream, string? shape)
    {
        var snapshot = Snapshots.Find(stream) is { } kept && kept.Shape == shape ? kept : null;
        return new StreamRows(snapshot, [.. EventsOf(stream, snapshot?.Version ?? 0).Select(e => e.Event)]);
    }

    public IEnumerable<StoredEvent> EventsOf(string stream, long afterVersion) =>
        Events.Where(e => e.Event.Stream == stream && e.Event.Version > afterVersion);
}
