using System.Data.Common;
using Microsoft.Data.Sqlite;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>One open transaction on the writing connection.</summary>
internal sealed class SqliteUnitOfWork(SqliteTransaction transaction, StoreSql sql) : IUnitOfWork
{
    private readonly Dictionary<Guid, SagaRow> _sagas = [];
    private readonly List<LedgerRow> _ledger = [];
    private readonly Dictionary<string, StartRow> _starts = [];
    private bool _ended;

    public DbTransaction? Transaction => transaction;

    public IReadOnlyDictionary<Guid, SagaRow> Sagas => _sagas;

    public IReadOnlyList<LedgerRow> Ledger => _ledger;

    public IReadOnlyDictionary<string, StartRow> Starts => _starts;

    public void Load(LoadRequest request)
    {
        foreach (var id in request.Sagas)
        {
            foreach (var row in StoreRows.Sagas(sql.FindSaga.Bind(id)))
            {
                _sagas[row.Id] = row;
            }
        }

        foreach (var key in request.Ledger)
        {
            _ledger.AddRange(StoreRows.Ledger(sql.FindLedger.Bind(key.Scope).Bind(key.Step)));
        }

        foreach (var key in request.StartKeys)
        {
            foreach (var row in StoreRows.Starts(sql.FindStart.Bind(key)))
            {
                _starts[row.Key] = row;
            }
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

    public ValueTask<SagaRow?> LoadSagaAsync(Guid id, CancellationToken cancellationToken) =>
        ValueTask.FromResult(StoreRows.Sagas(sql.FindSaga.Bind(id)).FirstOrDefault());

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
            transaction.Commit();
            _ended = true;
            return ValueTask.CompletedTask;
        }
        catch (SqliteException exception)
        {
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

        foreach (var owner in changes.Released)
        {
            sql.ReleaseLocks.Bind(owner).Run();
        }

        foreach (var row in changes.Starts)
        {
            sql.InsertStart.Bind(row.Key).Bind(row.Fingerprint).Bind(row.Saga).Bind(row.State.Span).Run();
        }

        foreach (var row in changes.Journal)
        {
            sql.InsertJournal.Bind(row.Saga).Bind(row.At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks).Bind(row.Version).Bind(JournalCodec.Encode(row.Entries)).Run();
        }

        foreach (var row in changes.Ledger)
        {
            sql.UpsertLedger.Bind(row.Scope).Bind(row.Step).Bind(row.Undo ? 1 : 0).Bind(row.Attempt).Bind(row.Message).Bind((long)row.Outcome)
                .Bind(row.ReplyType).Bind(row.Reply.Span).Bind(row.At).Run();
        }

        WriteEvents(changes);
        WriteMessages(changes);
    }

    private void Write(SagaRow row)
    {
        var statement = (row.Version == 1 ? sql.InsertSaga : sql.UpdateSaga)
            .Bind(row.Definition).Bind(row.Version).Bind((long)row.Status).Bind(row.State.Span).Bind(row.Steps)
            .Bind(row.FailedStep).Bind(row.FailureType).Bind(row.FailureMessage).Bind(row.ParkReason)
            .Bind(row.WakeAt).Bind(row.StartedAt).Bind(row.UpdatedAt).Bind(row.Id);
        if (row.Version > 1)
        {
            statement.Bind(row.Version - 1);
        }

        if (statement.Run() != 1)
        {
            throw new SagaConcurrencyException($"Saga {row.Id} is no longer at version {row.Version - 1}.");
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

    private void WriteMessages(Changes changes)
    {
        foreach (var row in changes.Outbox)
        {
            sql.InsertOutbox.Bind(row.Message.Envelope.Id).Bind(EnvelopeCodec.Encode(row.Message.Envelope)).Bind(row.Message.Body.Span).Bind(row.ClaimedUntil).Run();
        }

        foreach (var id in changes.Sent)
        {
            sql.DeleteOutbox.Bind(id).Run();
        }

        // A message that is due and fails again is in both lists: the new row stays.
        foreach (var id in changes.Undelayed)
        {
            sql.DeleteDelayed.Bind(id).Run();
        }

        foreach (var row in changes.Delayed)
        {
            sql.UpsertDelayed.Bind(row.Envelope.Id).Bind(EnvelopeCodec.Encode(row.Envelope)).Bind(row.Body.Span).Bind(row.Attempts).Bind(row.Due).Bind(row.Error).Run();
        }

        foreach (var row in changes.DeadLetters)
        {
            var statement = row.Envelope is null ? sql.InsertDeadLetter.BindNull() : sql.InsertDeadLetter.Bind(EnvelopeCodec.Encode(row.Envelope));
            statement.Bind(row.Body.Span).Bind(row.Reason).Bind(row.Attempts).Bind(row.At).Run();
        }

        foreach (var id in changes.Revived)
        {
            sql.DeleteDeadLetter.Bind(id).Run();
        }
    }
}
