using System.Data;
using System.Data.Common;
using Npgsql;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>
/// One open transaction. BEGIN travels with the first statements and COMMIT with the last ones, so that a batch costs two
/// round trips: after a COMMIT as a statement Npgsql learns from the server's answer that the transaction has ended, and
/// disposing its object then sends nothing. What this process wrote last, and commands that look new, are believed instead of
/// looked up, and the commit checks it: such a batch costs one round trip.
/// </summary>
internal sealed class PostgresUnitOfWork(PostgresStore store, NpgsqlConnection connection, NpgsqlTransaction transaction) : IUnitOfWork
{
    private readonly Dictionary<Guid, SagaRow> _sagas = [];
    private readonly Dictionary<string, StartRow> _starts = [];
    private readonly List<SagaRow> _believed = [];
    private bool _believes;
    private List<LedgerKey> _takenForNew = [];

    public DbTransaction? Transaction => transaction;

    public IBusinessKeys Keys => new SqlBusinessKeys(transaction, StoreSql.HoldTombstone);

    public IReadOnlyDictionary<Guid, SagaRow> Sagas => _sagas;

    public IReadOnlyList<LedgerRow> Ledger { get; private set; } = [];

    public IReadOnlyDictionary<string, StartRow> Starts => _starts;

    public async ValueTask LoadAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        var (sagas, ledger) = store.Confidence.IsGiven ? Believe(request) : ([.. request.Sagas], [.. request.Ledger]);
        if (sagas.Count + ledger.Count + request.StartKeys.Count == 0)
        {
            // Nothing to read: BEGIN travels with whatever comes first.
            return;
        }

        var batch = new NpgsqlBatch(connection, transaction);
        await using (batch.ConfigureAwait(false))
        {
            AddLookups(batch, sagas, ledger, request.StartKeys);
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await ReadAsync(reader, sagas.Count > 0, ledger.Count > 0, request.StartKeys.Count > 0, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask<StreamRows> ReadStreamAsync(string stream, string? shape, CancellationToken cancellationToken)
    {
        try
        {
            SnapshotRow? snapshot = null;
            if (shape is not null)
            {
                snapshot = (await ReadAsync(b => b.Add(store.Sql.FindSnapshot).With(stream).With(shape), StoreRows.Snapshot, cancellationToken).ConfigureAwait(false)).FirstOrDefault();
            }

            var events = await ReadAsync(
                b => b.Add(store.Sql.StreamEvents).With(stream).With(snapshot?.Version ?? 0).With(long.MaxValue), StoreRows.Event, cancellationToken).ConfigureAwait(false);
            return new StreamRows(snapshot, events.ConvertAll(e => e.Event));
        }
        catch (Exception exception) when (PostgresErrors.Translate(exception, store.Address) is { } translated)
        {
            throw translated;
        }
    }

    public async ValueTask<SagaRow?> LoadSagaAsync(Guid id, CancellationToken cancellationToken) =>
        (await ReadAsync(b => b.Add(store.Sql.LoadSagas).With(new[] { id }), StoreRows.Saga, cancellationToken).ConfigureAwait(false)).FirstOrDefault();

    public async ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken)
    {
        var exchange = await store.BeginExchangeAsync(changes, cancellationToken).ConfigureAwait(false);
        var committed = false;
        try
        {
            var batch = new NpgsqlBatch(connection, transaction);
            await using (batch.ConfigureAwait(false))
            {
                AddExpectations(batch, changes);
                StoreWrites.Add(batch, store.Sql, changes);
                exchange?.AddTo(batch);
                if (batch.BatchCommands.Count == 0)
                {
                    // In a transaction that a handler's error has doomed, COMMIT alone would roll back without a word.
                    batch.Add("SELECT 1");
                }

                batch.Add("COMMIT");
                await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                committed = true;
            }

            if (store.Confidence.IsGiven)
            {
                store.Recent.Keep(changes.Sagas);
            }
        }
        catch (Exception exception) when (PostgresErrors.Translate(exception, store.Address) is { } translated)
        {
            if (translated is StoreUnavailableException)
            {
                store.ForgetConnections();
            }
            else if (translated is SagaConcurrencyException && _believes)
            {
                store.ForgetBeliefs();
            }

            throw translated;
        }
        finally
        {
            exchange?.End(committed);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (connection.FullState.HasFlag(ConnectionState.Broken))
        {
            // It broke in a handler's statement, perhaps, which tells nobody else.
            store.ForgetConnections();
        }

        try
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception) || exception is InvalidOperationException)
        {
            // The connection is broken: the server rolls back by itself, and the pool throws the connection away.
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<List<T>> ReadAsync<T>(Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection, transaction);
        await using (batch.ConfigureAwait(false))
        {
            fill(batch);
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await StoreRows.ReadAsync(reader, read, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What remains to be looked up.</summary>
    private (List<Guid> Sagas, List<LedgerKey> Ledger) Believe(LoadRequest request)
    {
        var sagas = new List<Guid>();
        foreach (var id in request.Sagas)
        {
            if (store.Recent.Find(id) is { } row)
            {
                _sagas[id] = row;
                _believed.Add(row);
            }
            else
            {
                sagas.Add(id);
            }
        }

        _takenForNew = [.. request.ProbablyNew];
        _believes = _believed.Count + _takenForNew.Count > 0;
        return (sagas, [.. request.Ledger.Where(k => !request.ProbablyNew.Contains(k))]);
    }

    /// <summary>A saga that is written shows by its version whether it was what it was believed to be; everything else is asked for.</summary>
    private void AddExpectations(NpgsqlBatch batch, Changes changes)
    {
        if (_takenForNew.Count > 0)
        {
            batch.Add(StoreSql.LockLedger).With(store.LocksOf(_takenForNew));
            AddKeys(batch.Add(store.Sql.ExpectNoLedger), _takenForNew);
        }

        if (_believed.Count > 0)
        {
            var written = changes.Sagas.Select(s => s.Id).ToHashSet();
            _believed.RemoveAll(s => written.Contains(s.Id));
            if (_believed.Count > 0)
            {
                batch.Add(store.Sql.ExpectSagas).Column(_believed, s => s.Id).Column(_believed, s => s.Version).With((long)_believed.Count);
            }
        }
    }

    private static void AddKeys(NpgsqlBatchCommand command, List<LedgerKey> keys) =>
        command.Column(keys, k => Bucket.Of(k.Scope)).Column(keys, k => k.Scope).Texts(keys, k => k.Step);

    private void AddLookups(NpgsqlBatch batch, List<Guid> sagas, List<LedgerKey> ledger, HashSet<string> starts)
    {
        if (ledger.Count > 0)
        {
            batch.Add(StoreSql.LockLedger).With(store.LocksOf(ledger));
            AddKeys(batch.Add(store.Sql.LoadLedger), ledger);
        }

        if (sagas.Count > 0)
        {
            batch.Add(store.Sql.LoadSagas).With(sagas.ToArray());
        }

        if (starts.Count > 0)
        {
            batch.Add(store.Sql.LoadStarts).With(starts.Select(Arguments.Text).ToArray());
        }
    }

    private async ValueTask ReadAsync(NpgsqlDataReader reader, bool sagas, bool ledger, bool starts, CancellationToken cancellationToken)
    {
        if (ledger)
        {
            // The locks answer with nothing.
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            Ledger = await StoreRows.ReadAsync(reader, StoreRows.Ledger, cancellationToken).ConfigureAwait(false);
        }

        if (sagas)
        {
            foreach (var row in await StoreRows.ReadAsync(reader, StoreRows.Saga, cancellationToken).ConfigureAwait(false))
            {
                _sagas[row.Id] = row;
            }
        }

        if (starts)
        {
            foreach (var row in await StoreRows.ReadAsync(reader, StoreRows.Start, cancellationToken).ConfigureAwait(false))
            {
                _starts[row.Key] = row;
            }
        }
    }
}
