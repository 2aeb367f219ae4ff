using System.Data.Common;
using Microsoft.Data.Sqlite;
using Skald.Storage;
using Skald.Storage.Tables;

namespace Skald.Sqlite;

/// <summary>One open transaction on the writing connection.</summary>
/// <param name="transaction">It.</param>
/// <param name="sql">The connection's statements.</param>
/// <param name="writer">Has the connection: commits, and is told when that fails.</param>
internal sealed class SqliteUnitOfWork(SqliteTransaction transaction, StoreSql sql, StoreWriter writer) : IUnitOfWork, IStreamReader
{
    private static readonly BusinessKeySql KeySql = new()
    {
        Take = "INSERT INTO skald_lock (key, owner, at) SELECT @key, @value, @at WHERE NOT EXISTS (SELECT 1 FROM skald_delayed WHERE line = @key AND place < @place) ON CONFLICT (key) DO NOTHING",
        Release = "DELETE FROM skald_lock WHERE key = @key AND owner = @value",
        ReleaseAll = "DELETE FROM skald_lock WHERE owner = @value RETURNING key",
        Owner = "SELECT owner FROM skald_lock WHERE key = @key",
        Bury = "INSERT INTO skald_tombstone (key, reason, at) VALUES (@key, @value, @at) ON CONFLICT (key) DO NOTHING",
        Tombstone = "SELECT reason FROM skald_tombstone WHERE key = @key",
    };

    private bool _ended;

    public DbTransaction? Transaction => transaction;

    public Loaded Loaded { get; } = new();

    public bool HasWoken { get; private set; }

    public IBusinessKeys Keys => new SqlBusinessKeys(transaction, KeySql, exception => exception is SqliteException error && SqliteStore.Translate(error) is StoreUnavailableException outage ? outage : null);

    public IStreamReader Streams => this;

    public void Load(LoadRequest request)
    {
        foreach (var id in request.Sagas)
        {
            StoreRows.Into(sql.FindSaga.Bind(id), StoreRows.Saga, Loaded, static (loaded, row) => loaded.Sagas[row.Id] = row);
        }

        foreach (var id in request.Flows)
        {
            StoreRows.Into(sql.FindFlow.Bind(id), StoreRows.Flow, Loaded, static (loaded, row) => loaded.Flows[row.Id] = row);
        }

        foreach (var key in request.Ledger)
        {
            StoreRows.Into(sql.FindLedger.Bind(key.Scope).Bind(key.Step).Bind(key.Secret), StoreRows.LedgerRow, Loaded, static (loaded, row) => loaded.Ledger.Add(row));
        }

        foreach (var key in request.Requests)
        {
            StoreRows.Into(sql.FindRequest.Bind(key), StoreRows.Request, Loaded, static (loaded, row) => loaded.Requests[row.Key] = row);
        }

        foreach (var key in request.Positions)
        {
            for (var row = sql.FindPosition.Bind(key.Topic).Bind(key.Source).Bind(key.Stream); row.Read();)
            {
                Loaded.Positions[key] = row.Int(0);
            }
        }

        foreach (var id in request.Delayed)
        {
            StoreRows.Delayed(sql.FindDelayed.Bind(id)).ForEach(row => Loaded.Delayed[row.Id] = row);
        }

        foreach (var id in request.Jobs)
        {
            StoreRows.Into(sql.FindJob.Bind(id), StoreRows.Job, Loaded, static (loaded, row) => loaded.Jobs[row.Id] = row);
        }

        Loaded.Unhandled.UnionWith(request.Unhandled.Where(saga => sql.IsUnhandled.Bind(saga).Single() != 0));
    }

    public ValueTask LoadMoreAsync(LoadRequest more, CancellationToken cancellationToken)
    {
        try
        {
            Load(Loaded.Lacks(more));
            return ValueTask.CompletedTask;
        }
        catch (SqliteException exception)
        {
            throw SqliteStore.Translate(exception);
        }
    }

    public ValueTask<StreamRows> ReadStreamAsync(string stream, string? shape, CancellationToken cancellationToken)
    {
        try
        {
            var snapshot = shape is null ? null : StoreRows.Snapshots(sql.FindSnapshot.Bind(stream).Bind(shape)).FirstOrDefault();
            var events = StoreRows.Events(sql.StreamEvents.Bind(stream).Bind(snapshot?.Version ?? 0).Bind(long.MaxValue));
            return ValueTask.FromResult(new StreamRows(snapshot, events.ConvertAll(e => e.Event)));
        }
        catch (SqliteException exception)
        {
            throw SqliteStore.Translate(exception);
        }
    }

    public ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken)
    {
        if (SQLitePCL.raw.sqlite3_get_autocommit(transaction.Connection!.Handle) != 0)
        {
            // Written now, each row would be committed by itself.
            throw new InvalidOperationException("A statement of a handler rolled the transaction back (OR ROLLBACK, RAISE(ROLLBACK)), and the handler went on.");
        }

        try
        {
            Write(changes);
            writer.Commit(transaction);
            _ended = true;
            return ValueTask.CompletedTask;
        }
        catch (SqliteException exception)
        {
            writer.Failed(exception);
            throw SqliteStore.Translate(exception);
        }
    }

    public void Rollback()
    {
        if (!_ended)
        {
            _ended = true;
            transaction.Dispose();
        }
    }

    public ValueTask AbandonAsync()
    {
        // Closing the connection rolls back.
        _ended = true;
        writer.Reopen();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Rollback();
        return ValueTask.CompletedTask;
    }

    private void Write(Changes changes)
    {
        foreach (var row in changes.Sagas)
        {
            Write(row);
        }

        foreach (var row in changes.Flows)
        {
            Write(row);
        }

        foreach (var row in changes.Requests)
        {
            if (sql.InsertRequest.Bind(row.Key).Bind(row.Fingerprint).Bind(row.Answer.Span).Bind(row.At).Run() != 1)
            {
                throw new SagaConcurrencyException($"Request '{row.Key}' was answered by another.");
            }
        }

        foreach (var row in changes.Journal)
        {
            sql.InsertJournal.Bind(row.Owner).Bind(row.At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks).Bind(row.Actor ?? "").Bind(row.Version).Bind(row.Reason).Bind(row.Entries).Run();
        }

        foreach (var row in changes.Ledger)
        {
            sql.UpsertLedger.Bind(row.Scope).Bind(row.Step).Bind(row.Secret).Bind(row.Undo ? 1 : 0).Bind(row.Attempt).Bind(row.Message).Bind((long)row.Outcome)
                .Bind(row.ReplyType).Bind(row.Reply.Span).Bind(row.At).Run();
        }

        foreach (var row in changes.Positions)
        {
            sql.UpsertPosition.Bind(row.Key.Topic).Bind(row.Key.Source).Bind(row.Key.Stream).Bind(row.Version).Run();
        }

        WriteEvents(changes);
        WriteMessages(changes);
        WriteJobs(changes);
        FreeLocks(changes);
        Remove(changes);
    }

    private void WriteJobs(Changes changes)
    {
        foreach (var row in changes.Audit)
        {
            sql.InsertAudit.Bind(row.At).Bind(row.Actor).Bind(row.Act).Bind(row.Kind).Bind(row.Target).Bind(row.Reason).Bind(row.Before).Bind(row.After).Bind(row.Outcome).Run();
        }

        foreach (var row in changes.Jobs)
        {
            var written = row.Version > 1
                ? sql.UpdateJob.Bind(row.Version).Bind((long)row.State).Bind(row.Cursor).Bind(row.Done).Bind(row.Refused).Bind(row.Failed).Bind(row.EndedAt).Bind(row.Id).Bind(row.Version - 1).Run()
                : sql.InsertJob.Bind(row.Id).Bind(row.Version).Bind(row.Act).Bind(row.Query).Bind(row.Actor).Bind(row.Reason).Bind(row.Rate).Bind((long)row.State).Bind(row.Cursor)
                    .Bind(row.Matched).Bind(row.Done).Bind(row.Refused).Bind(row.Failed).Bind(row.CreatedAt).Bind(row.EndedAt).Run();
            if (written != 1)
            {
                throw new SagaConcurrencyException($"Job {row.Id} is no longer at version {row.Version - 1}.");
            }
        }

        foreach (var row in changes.JobItems)
        {
            if (sql.InsertJobItem.Bind(row.Job).Bind(row.Number).Bind(row.Target).Bind((long)row.Outcome).Bind(row.Detail).Bind(row.At).Run() != 1)
            {
                throw new SagaConcurrencyException($"Job {row.Job} has an item {row.Number} already.");
            }
        }
    }

    private void Remove(Changes changes)
    {
        foreach (var id in changes.RemovedSagas)
        {
            sql.DeleteSaga.Bind(id).Run();
            sql.DeleteJournal.Bind(id).Run();
        }

        foreach (var id in changes.RemovedFlows)
        {
            sql.DeleteFlow.Bind(id).Run();
            sql.DeleteJournal.Bind(id).Run();
        }

        foreach (var row in changes.Removed)
        {
            sql.InsertRemoved.Bind(row.Id).Bind(row.Definition).Bind(row.Key).Bind(row.Status).Bind(row.StartedAt).Bind(row.EndedAt).Bind(row.At).Run();
        }

        foreach (var key in changes.Forgotten)
        {
            sql.DeleteLedger.Bind(key.Scope).Bind(key.Step).Bind(key.Secret).Run();
        }
    }

    // Last: whoever has joined or left a line in this batch counts.
    private void FreeLocks(Changes changes)
    {
        foreach (var owner in changes.ReleasedOwners)
        {
            for (var row = sql.ReleaseLocks.Bind(owner); row.Read();)
            {
                changes.Lines.Add(row.Text(0));
            }
        }

        foreach (var key in changes.Lines)
        {
            HasWoken |= sql.WakeFirst.Bind(changes.WakesAt).Bind(key).Bind(changes.AsleepAfter).Run() > 0;
        }
    }

    private void Write(SagaRow row)
    {
        var written = row.Version > 1
            ? sql.UpdateSaga.Bind(row.Version).Bind((long)row.Status).Bind(row.State.Span).Bind(row.Steps)
                .Bind(row.FailedStep).Bind(row.FailureType).Bind(row.FailureMessage).Bind(row.ParkReason)
                .Bind(row.WakeAt).Bind(row.UpdatedAt).Bind(row.EndedAt).Bind(row.BusinessKey).Bind(row.Hold).Bind(row.Id).Bind(row.Version - 1).Run()
            : sql.InsertSaga.Bind(row.Id).Bind(row.Definition).Bind(row.PlanVersion).Bind(row.Version).Bind((long)row.Status).Bind(row.State.Span).Bind(row.Steps)
                .Bind(row.FailedStep).Bind(row.FailureType).Bind(row.FailureMessage).Bind(row.ParkReason)
                .Bind(row.WakeAt).Bind(row.StartedAt).Bind(row.UpdatedAt).Bind(row.EndedAt).Bind(row.BusinessKey).Bind(row.TraceParent).Bind(row.Incarnation).Bind(row.Hold).Run();
        if (written != 1)
        {
            throw new SagaConcurrencyException($"Saga {row.Id} is no longer at version {row.Version - 1}.");
        }

        if (row.Version > 1 && !(Loaded.Sagas.TryGetValue(row.Id, out var before) && before.Incarnation == row.Incarnation))
        {
            sql.NameInstance.Bind(row.Incarnation).Bind(row.Id).Run();
        }
    }

    private void Write(FlowRow row)
    {
        var written = row.Version > 1
            ? sql.UpdateFlow.Bind(row.Version).Bind((long)row.Status).Bind(row.Seen.Span).Bind(row.Reason).Bind(row.WakeAt).Bind(row.UpdatedAt).Bind(row.EndedAt)
                .Bind(row.Id).Bind(row.Version - 1).Run()
            : sql.InsertFlow.Bind(row.Id).Bind(row.Definition).Bind(row.Flow).Bind(row.Version).Bind((long)row.Status).Bind(row.Seen.Span).Bind(row.Reason)
                .Bind(row.WakeAt).Bind(row.StartedAt).Bind(row.UpdatedAt).Bind(row.EndedAt).Run();
        if (written != 1)
        {
            throw new SagaConcurrencyException($"Flow '{row.Flow}' is no longer at version {row.Version - 1}.");
        }
    }

    private void WriteEvents(Changes changes)
    {
        foreach (var row in changes.Events)
        {
            var statement = sql.InsertEvent.Bind(row.Stream).Bind(row.Version).Bind(row.Type).Bind(row.Body.Span).Bind(row.At);
            statement = row.Correlation is { } correlation ? statement.Bind(correlation) : statement.BindNull();
            statement = row.Causation is { } causation ? statement.Bind(causation) : statement.BindNull();
            if (statement.Bind(row.Actor).Run() != 1)
            {
                throw new SagaConcurrencyException($"Stream '{row.Stream}' is no longer at version {row.Version - 1}.");
            }
        }

        foreach (var row in changes.Snapshots)
        {
            sql.UpsertSnapshot.Bind(row.Stream).Bind(row.Version).Bind(row.Shape).Bind(row.State.Span).Run();
        }
    }

    // Removals first: a message that is confirmed or need not be delayed, and is put back by the same batch, stays.
    private void WriteMessages(Changes changes)
    {
        foreach (var id in changes.DeletedOutbox)
        {
            sql.DeleteOutbox.Bind(id).Run();
        }

        foreach (var row in changes.Outbox)
        {
            sql.InsertOutbox.Bind(row.Id).Bind(row.Envelope.Span).Bind(row.Body.Span).Bind(row.ClaimedUntil).Run();
        }

        foreach (var id in changes.DeletedDelayed)
        {
            sql.DeleteDelayed.Bind(id).Run();
        }

        foreach (var row in changes.Delayed)
        {
            sql.UpsertDelayed.Bind(row.Id).Bind(row.Envelope.Span).Bind(row.Body.Span).Bind(row.Attempts).Bind(row.Waits).Bind(row.Due).Bind(row.Reason).Bind(row.Line).Bind(row.Place).Bind(row.Plan).Bind(row.Saga).Run();
        }

        foreach (var number in changes.DeletedDeadLetters)
        {
            sql.DeleteDeadLetter.Bind(number).Run();
        }

        foreach (var row in changes.DeadLetters)
        {
            sql.InsertDeadLetter.Bind(row.Envelope.Span).Bind(row.Body.Span).Bind(row.Reason).Bind(row.Attempts).Bind(row.At).Bind(row.Saga).Bind(row.Kind).Run();
        }
    }
}
