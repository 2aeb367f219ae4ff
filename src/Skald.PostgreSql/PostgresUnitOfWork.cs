using System.Data.Common;
using Npgsql;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>
/// One open transaction. BEGIN travels with the first statements and COMMIT with the last ones, so that a batch costs two
/// round trips: after a COMMIT as a statement Npgsql learns from the server's answer that the transaction has ended, and
/// disposing its object then sends nothing.
/// </summary>
internal sealed class PostgresUnitOfWork(PostgresStore store, NpgsqlConnection connection, NpgsqlTransaction transaction) : IUnitOfWork
{
    private readonly Dictionary<Guid, SagaRow> _sagas = [];
    private readonly Dictionary<string, StartRow> _starts = [];

    public DbTransaction? Transaction => transaction;

    public IReadOnlyDictionary<Guid, SagaRow> Sagas => _sagas;

    public IReadOnlyList<LedgerRow> Ledger { get; private set; } = [];

    public IReadOnlyDictionary<string, StartRow> Starts => _starts;

    public async ValueTask LoadAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        if (request.Sagas.Count + request.Ledger.Count + request.StartKeys.Count == 0)
        {
            // Nothing to read: BEGIN travels with whatever comes first.
            return;
        }

        var batch = new NpgsqlBatch(connection, transaction);
        await using (batch.ConfigureAwait(false))
        {
            AddLookups(batch, request);
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await ReadAsync(reader, request, cancellationToken).ConfigureAwait(false);
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
        }
        catch (Exception exception) when (PostgresErrors.Translate(exception, store.Address) is { } translated)
        {
            if (translated is StoreUnavailableException)
            {
                store.ForgetConnections();
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

    private void AddLookups(NpgsqlBatch batch, LoadRequest request)
    {
        if (request.Ledger.Count > 0)
        {
            var keys = request.Ledger.ToList();
            batch.Add(StoreSql.LockLedger).With(store.LocksOf(keys));
            batch.Add(store.Sql.LoadLedger).Column(keys, k => Bucket.Of(k.Scope)).Column(keys, k => k.Scope).Texts(keys, k => k.Step);
        }

        if (request.Sagas.Count > 0)
        {
            batch.Add(store.Sql.LoadSagas).With(request.Sagas.ToArray());
        }

        if (request.StartKeys.Count > 0)
        {
            batch.Add(store.Sql.LoadStarts).With(request.StartKeys.Select(Arguments.Text).ToArray());
        }
    }

    private async ValueTask ReadAsync(NpgsqlDataReader reader, LoadRequest request, CancellationToken cancellationToken)
    {
        if (request.Ledger.Count > 0)
        {
            // The locks answer with nothing.
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            Ledger = await StoreRows.ReadAsync(reader, StoreRows.Ledger, cancellationToken).ConfigureAwait(false);
        }

        if (request.Sagas.Count > 0)
        {
            foreach (var row in await StoreRows.ReadAsync(reader, StoreRows.Saga, cancellationToken).ConfigureAwait(false))
            {
                _sagas[row.Id] = row;
            }
        }

        if (request.StartKeys.Count > 0)
        {
            foreach (var row in await StoreRows.ReadAsync(reader, StoreRows.Start, cancellationToken).ConfigureAwait(false))
            {
                _starts[row.Key] = row;
            }
        }
    }
}
