using Npgsql;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>Turns changes into set-based statements: one per kind, however many rows.</summary>
internal static class StoreWrites
{
    public static void Add(NpgsqlBatch batch, StoreSql sql, Changes changes)
    {
        AddSagas(batch, sql, changes.Sagas);
        if (changes.Released.Count > 0)
        {
            batch.Add(sql.ReleaseLocks).With(changes.Released.ToArray());
        }

        if (changes.Starts.Count > 0)
        {
            batch.Add(sql.InsertStarts).Texts(changes.Starts, r => r.Key).Texts(changes.Starts, r => r.Fingerprint).Column(changes.Starts, r => r.Saga).Bytes(changes.Starts, r => r.State);
        }

        if (changes.Journal.Count > 0)
        {
            batch.Add(sql.InsertJournal).Column(changes.Journal, r => Bucket.Of(r.Saga)).Column(changes.Journal, r => r.Saga)
                .Column(changes.Journal, r => r.At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks).Column(changes.Journal, r => r.Version)
                .Texts(changes.Journal, r => JournalCodec.Encode(r.Entries));
        }

        AddLedger(batch, sql, Latest(changes.Ledger, r => (r.Scope, r.Step, r.Undo, r.Attempt)));
        AddEvents(batch, sql, changes.Events);
        if (changes.Snapshots is { Count: > 0 } snapshots)
        {
            batch.Add(sql.UpsertSnapshots).Texts(snapshots, r => r.Stream).Column(snapshots, r => r.Version).Texts(snapshots, r => r.Shape).Bytes(snapshots, r => r.State);
        }

        AddMessages(batch, sql, changes);
    }

    private static void AddSagas(NpgsqlBatch batch, StoreSql sql, List<SagaRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        // In one order for everybody, so that nobody waits in a circle.
        rows.Sort((a, b) => a.Id.CompareTo(b.Id));
        batch.Add(sql.WriteSagas)
            .Column(rows, r => r.Id).Texts(rows, r => r.Definition).Column(rows, r => r.Version).Column(rows, r => (short)r.Status).Bytes(rows, r => r.State)
            .Texts(rows, r => r.Steps).Texts(rows, r => r.FailedStep).Texts(rows, r => r.FailureType).Texts(rows, r => r.FailureMessage).Texts(rows, r => r.ParkReason)
            .Column(rows, r => r.WakeAt).Column(rows, r => r.StartedAt).Column(rows, r => r.UpdatedAt).With((long)rows.Count);
    }

    private static void AddLedger(NpgsqlBatch batch, StoreSql sql, List<LedgerRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        batch.Add(sql.UpsertLedger)
            .Column(rows, r => Bucket.Of(r.Scope)).Column(rows, r => r.Scope).Texts(rows, r => r.Step).Column(rows, r => r.Undo).Column(rows, r => r.Attempt)
            .Texts(rows, r => r.Message).Column(rows, r => (short)r.Outcome).Texts(rows, r => r.ReplyType).Bytes(rows, r => r.Reply).Column(rows, r => r.At);
    }

    private static void AddEvents(NpgsqlBatch batch, StoreSql sql, List<EventRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        batch.Add(sql.InsertEvents)
            .Texts(rows, r => r.Stream).Column(rows, r => r.Version).Texts(rows, r => r.Type).Bytes(rows, r => r.Body).Column(rows, r => r.At)
            .Column(rows, r => r.Correlation).Column(rows, r => r.Causation).Texts(rows, r => r.Actor);
    }

    private static void AddMessages(NpgsqlBatch batch, StoreSql sql, Changes changes)
    {
        if (Latest(changes.Outbox, r => r.Message.Envelope.Id) is { Count: > 0 } outbox)
        {
            batch.Add(sql.UpsertOutbox).Column(outbox, r => r.Message.Envelope.Id).Column(outbox, r => EnvelopeCodec.Encode(r.Message.Envelope))
                .Bytes(outbox, r => r.Message.Body).Column(outbox, r => r.ClaimedUntil);
        }

        if (changes.Sent.Count > 0)
        {
            batch.Add(sql.DeleteOutbox).With(changes.Sent.ToArray());
        }

        // A message that is due and fails again is in both lists: the new row stays.
        if (changes.Undelayed.Count > 0)
        {
            batch.Add(sql.DeleteDelayed).With(changes.Undelayed.ToArray());
        }

        if (Latest(changes.Delayed, r => r.Envelope.Id) is { Count: > 0 } delayed)
        {
            batch.Add(sql.UpsertDelayed).Column(delayed, r => r.Envelope.Id).Column(delayed, r => EnvelopeCodec.Encode(r.Envelope)).Bytes(delayed, r => r.Body)
                .Column(delayed, r => r.Attempts).Column(delayed, r => r.Due).Texts(delayed, r => r.Error);
        }

        if (changes.DeadLetters.Count > 0)
        {
            var rows = changes.DeadLetters;
            batch.Add(sql.InsertDeadLetters).Column(rows, r => r.Envelope is null ? null : EnvelopeCodec.Encode(r.Envelope)).Bytes(rows, r => r.Body)
                .Texts(rows, r => r.Reason).Column(rows, r => r.Attempts).Column(rows, r => r.At);
        }

        if (changes.Revived.Count > 0)
        {
            batch.Add(sql.DeleteDeadLetters).With(changes.Revived.ToArray());
        }
    }

    /// <summary>One statement may not write a row twice; the last of a key is what counts.</summary>
    private static List<TRow> Latest<TRow, TKey>(List<TRow> rows, Func<TRow, TKey> key) where TKey : notnull
    {
        if (rows.Count < 2)
        {
            return rows;
        }

        var latest = new Dictionary<TKey, TRow>(rows.Count);
        foreach (var row in rows)
        {
            latest[key(row)] = row;
        }

        return latest.Count == rows.Count ? rows : [.. latest.Values];
    }
}
