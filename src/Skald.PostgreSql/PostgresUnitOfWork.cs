using System.Data;
using System.Data.Common;
using Npgsql;
using Skald.Storage;
using Skald.Storage.Tables;

namespace Skald.PostgreSql;

/// <summary>
/// One open transaction. BEGIN travels with the first statements and COMMIT with the last ones, so that a batch costs two
/// round trips: after a COMMIT as a statement Npgsql learns from the server's answer that the transaction has ended, and
/// disposing its object then sends nothing. What this process wrote last, and commands that look new, are believed instead of
/// looked up, and the commit checks it: such a batch costs one round trip.
/// </summary>
internal sealed class PostgresUnitOfWork(PostgresStore store, Session session, NpgsqlTransaction transaction) : IUnitOfWork, IStreamReader
{
    private static readonly TimeSpan GivesUpWithin = TimeSpan.FromMilliseconds(500);

    private readonly List<SagaRow> _believedSagas = [];
    private readonly List<FlowRow> _believedFlows = [];
    private bool _believes;
    private bool _isCommitted;
    private List<LedgerKey> _takenForNew = [];

    // What was asked last. It may run on when nobody waits for it any more.
    private Task _running = Task.CompletedTask;

    public DbTransaction? Transaction => transaction;

    public bool IsDoomedByAnError => true;

    public Loaded Loaded { get; } = new();

    public bool HasWoken { get; private set; }

    public IBusinessKeys Keys => new SqlBusinessKeys(
        transaction, store.Sql.Keys, exception => PostgresErrors.Translate(exception, store.Address), text => Arguments.Text(text)!); // Null only for null.

    public IStreamReader Streams => this;

    public ValueTask LoadAsync(LoadRequest request, CancellationToken cancellationToken) =>
        LookUpAsync(store.Confidence.IsGiven ? Believe(request) : request, cancellationToken);

    public async ValueTask LoadMoreAsync(LoadRequest more, CancellationToken cancellationToken)
    {
        try
        {
            await LookUpAsync(Loaded.Lacks(more), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.Translate(exception, store.Address) is { } translated)
        {
            throw translated;
        }
    }

    public async ValueTask<StreamRows> ReadStreamAsync(string stream, string? shape, CancellationToken cancellationToken)
    {
        try
        {
            StreamRows? rows = null;
            await AskAsync(async token => rows = await ReadStreamOnceAsync(stream, shape, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            return rows!; // It was read, or there was an exception.
        }
        catch (Exception exception) when (PostgresErrors.Translate(exception, store.Address) is { } translated)
        {
            throw translated;
        }
    }

    public async ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken)
    {
        var exchange = await store.BeginExchangeAsync(changes, cancellationToken).ConfigureAwait(false);
        var committed = false;
        try
        {
            await AskAsync(token => WriteAsync(changes, exchange, token), cancellationToken).ConfigureAwait(false);
            committed = _isCommitted = true;
            if (store.Confidence.IsGiven)
            {
                store.RecentSagas.Keep(changes.Sagas);
                store.RecentFlows.Keep(changes.Flows);
            }
        }
        catch (Exception exception) when (PostgresErrors.Translate(exception, store.Address) is { } translated)
        {
            if (PostgresErrors.IsBroken(exception))
            {
                store.ForgetConnections(session.Since);
            }
            else if (translated is StoreUnavailableException)
            {
                // A full disk: the connections are as good as they were, and others use them.
                store.ForgetRows();
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

    public async ValueTask AbandonAsync()
    {
        // The server ends the session, with whatever statement it is in, its transaction and its locks.
        session.IsAbandoned = true;
        store.ForgetRows();
        await store.EndSessionAsync(session.Connection.ProcessID).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isCommitted || await RollsBackAsync().ConfigureAwait(false))
        {
            await EndAsync().ConfigureAwait(false);
            return;
        }

        // Even for that it would have to answer. While it does not, nobody else gets a session either.
        store.ForgetRows();
        _ = EndLateAsync();
    }

    private async ValueTask<bool> RollsBackAsync()
    {
        if (store.IsServerSilent)
        {
            return false;
        }

        // The server was asked to give it up, and answers.
        await _running.WaitAsync(GivesUpWithin).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_running.IsCompleted)
        {
            return false;
        }

        try
        {
            await AskAsync(_ => transaction.DisposeAsync(), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception) || exception is InvalidOperationException or IOException)
        {
            // The connection is broken, and shows it, or nobody answers.
        }

        return _running.IsCompleted;
    }

    private async Task EndLateAsync()
    {
        await store.ServerAnswersAsync().ConfigureAwait(false);
        var ending = EndWhenQuietAsync();
        await ending.WaitAsync(GivesUpWithin).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!ending.IsCompleted)
        {
            await session.LeaveAsync().ConfigureAwait(false);
        }

        await ending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task EndWhenQuietAsync()
    {
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await EndAsync().ConfigureAwait(false);
    }

    private async ValueTask EndAsync()
    {
        if (session.Connection.FullState.HasFlag(ConnectionState.Broken) && !session.IsAbandoned)
        {
            // It broke in a handler's statement, perhaps, which tells nobody else.
            store.ForgetConnections(session.Since);
        }

        try
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            await session.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception) || exception is InvalidOperationException or IOException)
        {
            // The connection is broken: the server rolls back by itself, and the pool throws the connection away.
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Asks the server, which may be away.</summary>
    private async ValueTask AskAsync(Func<CancellationToken, ValueTask> ask, CancellationToken cancellationToken) => await store.AskAsync(
        async token =>
        {
            var asked = ask(token).AsTask();
            _running = _running.IsCompleted ? asked : Task.WhenAll(_running, asked);
            await asked.ConfigureAwait(false);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    private async ValueTask WriteAsync(Changes changes, BrokerExchange? exchange, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(session.Connection, transaction) { Timeout = 0 };
        await using (batch.ConfigureAwait(false))
        {
            AddExpectations(batch, changes);
            var wakes = StoreWrites.Add(batch, store.Sql, changes);
            exchange?.AddTo(batch);
            if (batch.BatchCommands.Count == 0)
            {
                // In a transaction that a handler's error has doomed, COMMIT alone would roll back without a word.
                batch.Add("SELECT 1");
            }

            batch.Add("COMMIT");
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            HasWoken = wakes?.RecordsAffected > 0;
        }
    }

    private async ValueTask<StreamRows> ReadStreamOnceAsync(string stream, string? shape, CancellationToken cancellationToken)
    {
        SnapshotRow? snapshot = null;
        if (shape is not null)
        {
            snapshot = (await ReadAsync(b => b.Add(store.Sql.FindSnapshot).With(Arguments.Text(stream)).With(shape), StoreRows.Snapshot, cancellationToken).ConfigureAwait(false)).FirstOrDefault();
        }

        var events = await ReadAsync(
            b => b.Add(store.Sql.StreamEvents).With(Arguments.Text(stream)).With(snapshot?.Version ?? 0).With(long.MaxValue), StoreRows.Event, cancellationToken).ConfigureAwait(false);
        return new StreamRows(snapshot, events.ConvertAll(e => e.Event));
    }

    private async ValueTask<List<T>> ReadAsync<T>(Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(session.Connection, transaction) { Timeout = 0 };
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
    private LoadRequest Believe(LoadRequest request)
    {
        var rest = new LoadRequest();
        Believe(request.Sagas, store.RecentSagas, Loaded.Sagas, _believedSagas, rest.Sagas);
        Believe(request.Flows, store.RecentFlows, Loaded.Flows, _believedFlows, rest.Flows);
        rest.Ledger.UnionWith(request.Ledger);
        rest.Ledger.ExceptWith(request.ProbablyNew);
        rest.Requests.UnionWith(request.Requests);
        rest.Positions.UnionWith(request.Positions);
        rest.Delayed.UnionWith(request.Delayed);
        rest.Unhandled.UnionWith(request.Unhandled);
        rest.Jobs.UnionWith(request.Jobs);
        _takenForNew = [.. request.ProbablyNew];
        _believes = _believedSagas.Count + _believedFlows.Count + _takenForNew.Count > 0;
        return rest;
    }

    private static void Believe<TRow>(HashSet<Guid> wanted, RecentRows<TRow> recent, Dictionary<Guid, TRow> loaded, List<TRow> believed, HashSet<Guid> rest) where TRow : class
    {
        foreach (var id in wanted)
        {
            if (recent.Find(id) is { } row)
            {
                loaded[id] = row;
                believed.Add(row);
            }
            else
            {
                rest.Add(id);
            }
        }
    }

    /// <summary>What is written shows by its version whether it was what it was believed to be; everything else is asked for.</summary>
    private void AddExpectations(NpgsqlBatch batch, Changes changes)
    {
        if (_takenForNew.Count > 0)
        {
            batch.Add(StoreSql.LockKeys).With(store.LocksOf(_takenForNew, []));
            AddKeys(batch.Add(store.Sql.ExpectNoLedger), _takenForNew);
        }

        var written = changes.Sagas.Select(s => s.Id).Concat(changes.Flows.Select(f => f.Id)).ToHashSet();
        _believedSagas.RemoveAll(s => written.Contains(s.Id));
        if (_believedSagas.Count > 0)
        {
            batch.Add(store.Sql.ExpectSagas).Column(_believedSagas, s => s.Id).Column(_believedSagas, s => s.Version).With((long)_believedSagas.Count);
        }

        _believedFlows.RemoveAll(f => written.Contains(f.Id));
        if (_believedFlows.Count > 0)
        {
            batch.Add(store.Sql.ExpectFlows).Column(_believedFlows, f => f.Id).Column(_believedFlows, f => f.Version).With((long)_believedFlows.Count);
        }
    }

    private static void AddKeys(NpgsqlBatchCommand command, List<LedgerKey> keys) =>
        command.Column(keys, k => Bucket.Of(k.Scope)).Column(keys, k => k.Scope).Texts(keys, k => k.Step).Column(keys, k => k.Secret);

    private ValueTask LookUpAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(session.Connection, transaction) { Timeout = 0 };
        var takeIn = AddLookups(batch, request);
        // With nothing to read, BEGIN travels with whatever comes first.
        return takeIn.Count == 0 ? batch.DisposeAsync() : AskAsync(token => LookUpAsync(batch, takeIn, token), cancellationToken);
    }

    private static async ValueTask LookUpAsync(NpgsqlBatch batch, List<Func<NpgsqlDataReader, ValueTask>> takeIn, CancellationToken cancellationToken)
    {
        await using (batch.ConfigureAwait(false))
        {
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                foreach (var take in takeIn)
                {
                    await take(reader).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Adds a statement for each kind that is wanted; what is answered takes in the answers, in their order.</summary>
    private List<Func<NpgsqlDataReader, ValueTask>> AddLookups(NpgsqlBatch batch, LoadRequest request)
    {
        var takeIn = new List<Func<NpgsqlDataReader, ValueTask>>();
        if (request.Ledger.Count + request.Positions.Count > 0)
        {
            batch.Add(StoreSql.LockKeys).With(store.LocksOf(request.Ledger, request.Positions));
            // The locks answer with nothing.
            takeIn.Add(static async reader => await reader.NextResultAsync().ConfigureAwait(false));
        }

        if (request.Ledger.Count > 0)
        {
            AddKeys(batch.Add(store.Sql.LoadLedger), [.. request.Ledger]);
            takeIn.Add(async reader => Loaded.Ledger.AddRange(await StoreRows.ReadAsync(reader, StoreRows.Ledger, CancellationToken.None).ConfigureAwait(false)));
        }

        if (request.Positions.Count > 0)
        {
            List<PositionKey> keys = [.. request.Positions];
            batch.Add(store.Sql.LoadPositions).Texts(keys, k => k.Topic).Texts(keys, k => k.Source).Texts(keys, k => k.Stream);
            takeIn.Add(Into(StoreRows.Position, row => Loaded.Positions[row.Key] = row.Version));
        }

        if (request.Sagas.Count > 0)
        {
            batch.Add(store.Sql.LoadSagas).With(request.Sagas.ToArray());
            takeIn.Add(Into(StoreRows.Saga, row => Loaded.Sagas[row.Id] = row));
        }

        if (request.Flows.Count > 0)
        {
            batch.Add(store.Sql.LoadFlows).With(request.Flows.ToArray());
            takeIn.Add(Into(StoreRows.Flow, row => Loaded.Flows[row.Id] = row));
        }

        if (request.Delayed.Count > 0)
        {
            batch.Add(store.Sql.LoadDelayed).With(request.Delayed.ToArray());
            takeIn.Add(Into(StoreRows.Delayed, row => Loaded.Delayed[row.Id] = row));
        }

        if (request.Jobs.Count > 0)
        {
            batch.Add(store.Sql.LoadJobs).With(request.Jobs.ToArray());
            takeIn.Add(Into(StoreRows.Job, row => Loaded.Jobs[row.Id] = row));
        }

        if (request.Unhandled.Count > 0)
        {
            batch.Add(store.Sql.Unhandled).With(request.Unhandled.ToArray());
            takeIn.Add(Into(r => r.GetGuid(0), saga => Loaded.Unhandled.Add(saga)));
        }

        if (request.Requests.Count > 0)
        {
            batch.Add(store.Sql.LoadRequests).With(request.Requests.Select(Arguments.Text).ToArray());
            // A key that PostgreSQL could not keep as it is is found under what it was asked for.
            var keys = request.Requests.ToLookup(key => Arguments.Text(key));
            takeIn.Add(Into(StoreRows.Request, row => keys[row.Key].ToList().ForEach(key => Loaded.Requests[key] = row with { Key = key })));
        }

        return takeIn;
    }

    private static Func<NpgsqlDataReader, ValueTask> Into<TRow>(Func<NpgsqlDataReader, TRow> read, Action<TRow> keep) => async reader =>
    {
        foreach (var row in await StoreRows.ReadAsync(reader, read, CancellationToken.None).ConfigureAwait(false))
        {
            keep(row);
        }
    };
}
