using Npgsql;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>Turns changes into set-based statements: one per kind, however many rows.</summary>
internal static class StoreWrites
{
    /// <returns>The statement that wakes those who stand in the line of a lock; null for none.</returns>
    public static NpgsqlBatchCommand? Add(NpgsqlBatch batch, StoreSql sql, Changes changes)
    {
        AddSagas(batch, sql, changes.Sagas);
        AddFlows(batch, sql, changes.Flows);
        if (changes.Requests is { Count: > 0 } requests)
        {
            batch.Add(sql.InsertRequests).Texts(requests, r => r.Key).Texts(requests, r => r.Fingerprint).Bytes(requests, r => r.Answer).Column(requests, r => r.At).With((long)requests.Count);
        }

        if (changes.Journal is { Count: > 0 } journal)
        {
            batch.Add(sql.InsertJournal).Column(journal, r => Bucket.Of(r.Owner)).Column(journal, r => r.Owner)
                .Column(journal, r => r.At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks).Column(journal, r => r.Version)
                .Texts(journal, r => r.Entries).Texts(journal, r => r.Actor).Texts(journal, r => r.Reason);
        }

        AddLedger(batch, sql, Latest(changes.Ledger, r => (r.Scope, r.Step, r.Secret, r.Undo, r.Attempt)));
        if (Latest(changes.Positions, r => r.Key) is { Count: > 0 } positions)
        {
            batch.Add(sql.UpsertPositions).Texts(positions, r => r.Key.Topic).Texts(positions, r => r.Key.Source).Texts(positions, r => r.Key.Stream).Column(positions, r => r.Version);
        }

        AddEvents(batch, sql, changes.Events);
        if (Latest(changes.Snapshots, r => r.Stream) is { Count: > 0 } snapshots)
        {
            batch.Add(sql.UpsertSnapshots).Texts(snapshots, r => r.Stream).Column(snapshots, r => r.Version).Texts(snapshots, r => r.Shape).Bytes(snapshots, r => r.State);
        }

        AddMessages(batch, sql, changes);
        AddJobs(batch, sql, changes);
        var wakes = FreeLocks(batch, sql, changes);
        Remove(batch, sql, changes);
        return wakes;
    }

    private static void Remove(NpgsqlBatch batch, StoreSql sql, Changes changes)
    {
        if (changes.RemovedSagas.Count + changes.RemovedFlows.Count + changes.Removed.Count + changes.Forgotten.Count == 0)
        {
            return;
        }

        batch.Add(StoreSql.ByIndex);
        if (changes.RemovedSagas.Count + changes.RemovedFlows.Count > 0)
        {
            Guid[] owners = [.. changes.RemovedSagas, .. changes.RemovedFlows];
            batch.Add(sql.DeleteSagas).With(changes.RemovedSagas.ToArray());
            batch.Add(sql.DeleteFlows).With(changes.RemovedFlows.ToArray());
            batch.Add(sql.DeleteJournal).With(owners.Select(Bucket.Of).Distinct().ToArray()).With(owners);
        }

        if (Latest(changes.Removed, r => r.Id) is { Count: > 0 } removed)
        {
            batch.Add(sql.UpsertRemoved).Column(removed, r => r.Id).Texts(removed, r => r.Definition).Texts(removed, r => r.Key).Column(removed, r => (short)r.Status)
                .Column(removed, r => r.StartedAt).Column(removed, r => r.EndedAt).Column(removed, r => r.At);
        }

        if (changes.Forgotten.Count > 0)
        {
            List<LedgerKey> keys = [.. changes.Forgotten];
            batch.Add(sql.DeleteLedger).Column(keys, k => Bucket.Of(k.Scope)).Column(keys, k => k.Scope).Texts(keys, k => k.Step).Column(keys, k => k.Secret);
        }

        batch.Add(StoreSql.AsUsual);
    }

    // Last: whoever has joined or left a line in this batch counts.
    private static NpgsqlBatchCommand? FreeLocks(NpgsqlBatch batch, StoreSql sql, Changes changes)
    {
        if (changes.ReleasedOwners.Count + changes.Lines.Count == 0)
        {
            return null;
        }

        string?[] lines = [.. changes.Lines.Select(Arguments.Text)];
        string?[] owners = [.. changes.ReleasedOwners.Select(Arguments.Text)];
        batch.Add(sql.HoldLines).With(lines).With(owners);
        return batch.Add(sql.FreeAndWake).With(changes.WakesAt).With(lines).With(owners).With(changes.AsleepAfter);
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
            .Column(rows, r => r.Id).Texts(rows, r => r.Definition).Column(rows, r => r.PlanVersion).Column(rows, r => r.Version).Column(rows, r => (short)r.Status).Bytes(rows, r => r.StateIsUnchanged ? default : r.State)
            .Texts(rows, r => r.Steps).Texts(rows, r => r.FailedStep).Texts(rows, r => r.FailureType).Texts(rows, r => r.FailureMessage).Texts(rows, r => r.ParkReason)
            .Column(rows, r => r.WakeAt).Column(rows, r => r.StartedAt).Column(rows, r => r.UpdatedAt).Column(rows, r => r.EndedAt)
            .Texts(rows, r => r.BusinessKey).Texts(rows, r => r.TraceParent).Column(rows, r => r.Incarnation).Texts(rows, r => r.Hold).With((long)rows.Count);
    }

    private static void AddFlows(NpgsqlBatch batch, StoreSql sql, List<FlowRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        rows.Sort((a, b) => a.Id.CompareTo(b.Id));
        batch.Add(sql.WriteFlows)
            .Column(rows, r => r.Id).Texts(rows, r => r.Definition).Texts(rows, r => r.Flow).Column(rows, r => r.Version).Column(rows, r => (short)r.Status)
            .Bytes(rows, r => r.Seen).Texts(rows, r => r.Reason).Column(rows, r => r.WakeAt).Column(rows, r => r.StartedAt).Column(rows, r => r.UpdatedAt)
            .Column(rows, r => r.EndedAt).With((long)rows.Count);
    }

    private static void AddLedger(NpgsqlBatch batch, StoreSql sql, List<LedgerRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        batch.Add(sql.UpsertLedger)
            .Column(rows, r => Bucket.Of(r.Scope)).Column(rows, r => r.Scope).Texts(rows, r => r.Step).Column(rows, r => r.Secret).Column(rows, r => r.Undo).Column(rows, r => r.Attempt)
            .Texts(rows, r => r.Message).Column(rows, r => (short)r.Outcome).Texts(rows, r => r.ReplyType).Bytes(rows, r => r.Reply).Column(rows, r => r.At);
    }

    private static void AddJobs(NpgsqlBatch batch, StoreSql sql, Changes changes)
    {
        if (changes.Audit is { Count: > 0 } audit)
        {
            batch.Add(sql.InsertAudit).Column(audit, r => r.At).Texts(audit, r => r.Actor).Texts(audit, r => r.Act).Texts(audit, r => r.Kind).Texts(audit, r => r.Target)
                .Texts(audit, r => r.Reason).Texts(audit, r => r.Before).Texts(audit, r => r.After).Texts(audit, r => r.Outcome);
        }

        if (changes.Jobs is { Count: > 0 } jobs)
        {
            batch.Add(sql.WriteJobs).Column(jobs, r => r.Id).Column(jobs, r => r.Version).Texts(jobs, r => r.Act).Texts(jobs, r => r.Query).Texts(jobs, r => r.Actor).Texts(jobs, r => r.Reason)
                .Column(jobs, r => r.Rate).Column(jobs, r => (short)r.State).Texts(jobs, r => r.Cursor).Column(jobs, r => r.Matched).Column(jobs, r => r.Done).Column(jobs, r => r.Refused)
                .Column(jobs, r => r.Failed).Column(jobs, r => r.CreatedAt).Column(jobs, r => r.EndedAt).With((long)jobs.Count);
        }

        if (changes.JobItems is { Count: > 0 } items)
        {
            batch.Add(sql.InsertJobItems).Column(items, r => r.Job).Column(items, r => r.Number).Column(items, r => r.Target).Column(items, r => (short)r.Outcome)
                .Texts(items, r => r.Detail).Column(items, r => r.At).With((long)items.Count);
        }
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

    // Removals first: a message that is confirmed or need not be delayed, and is put back by the same batch, stays.
    private static void AddMessages(NpgsqlBatch batch, StoreSql sql, Changes changes)
    {
        if (changes.DeletedOutbox.Count > 0)
        {
            batch.Add(sql.DeleteOutbox).With(changes.DeletedOutbox.ToArray());
        }

        if (Latest(changes.Outbox, r => r.Id) is { Count: > 0 } outbox)
        {
            batch.Add(sql.UpsertOutbox).Column(outbox, r => r.Id).Bytes(outbox, r => r.Envelope).Bytes(outbox, r => r.Body).Column(outbox, r => r.ClaimedUntil);
        }

        if (changes.DeletedDelayed.Count > 0)
        {
            batch.Add(sql.DeleteDelayed).With(changes.DeletedDelayed.ToArray());
        }

        if (Latest(changes.Delayed, r => r.Id) is { Count: > 0 } delayed)
        {
            batch.Add(sql.UpsertDelayed).Column(delayed, r => r.Id).Bytes(delayed, r => r.Envelope).Bytes(delayed, r => r.Body)
                .Column(delayed, r => r.Attempts).Column(delayed, r => r.Waits).Column(delayed, r => r.Due).Texts(delayed, r => r.Reason)
                .Texts(delayed, r => r.Line).Column(delayed, r => r.Place).Texts(delayed, r => r.Plan).Column(delayed, r => r.Saga);
        }

        if (changes.DeletedDeadLetters.Count > 0)
        {
            batch.Add(sql.DeleteDeadLetters).With(changes.DeletedDeadLetters.ToArray());
        }

        if (changes.DeadLetters is { Count: > 0 } letters)
        {
            batch.Add(sql.InsertDeadLetters).Bytes(letters, r => r.Envelope).Bytes(letters, r => r.Body)
                .Texts(letters, r => r.Reason).Column(letters, r => r.Attempts).Column(letters, r => r.At).Column(letters, r => r.Saga).Texts(letters, r => r.Kind);
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
