using System.Data.Common;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>One service's rows in a schema of a PostgreSQL database.</summary>
public sealed class PostgresStore : IStore
{
    private readonly string _schema;
    private readonly PostgreSqlOptions _options;
    private readonly NpgsqlDataSource _writing;
    private readonly NpgsqlDataSource _reading;
    private readonly Listener _listener;
    private readonly Partitions _partitions;
    private readonly string _self = RandomNumberGenerator.GetHexString(16);
    private PostgresBroker? _broker;
    private string _version = "not connected yet";

    /// <summary>A store on a database that exists.</summary>
    /// <param name="service">The service's full name; its schema is made from it.</param>
    /// <param name="connection">A connection string, or a <c>postgres://</c> address.</param>
    /// <param name="options">How the database is used.</param>
    /// <param name="time">The clock that decides which months are kept.</param>
    /// <param name="logger">Told of what goes wrong without doing harm; nobody unless set.</param>
    /// <exception cref="StoreSetupException">The name or the connection string cannot be used.</exception>
    public PostgresStore(string service, string connection, PostgreSqlOptions options, TimeProvider time, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _schema = options.Schema is null ? Identifier.OfService(service) : Identifier.Checked(options.Schema);
        Address = new PostgresAddress(connection, options);
        Sql = new StoreSql(_schema);
        _writing = Address.OpenWriting(_schema);
        _reading = Address.OpenReading(_schema);
        _listener = new Listener(Address.Listening, Channel, Hear, logger ?? NullLogger.Instance);
        _partitions = new Partitions(_writing, _schema, options, time);
        Events = new PostgresEventLog(this, _writing);
        Confidence = new Confidence(time);
    }

    /// <inheritdoc/>
    public string Description => $"{Address}, schema {_schema}, PostgreSQL {_version}";

    /// <inheritdoc/>
    public Action? Woken { get; set; }

    /// <inheritdoc/>
    public IEventLog Events { get; }

    internal PostgresAddress Address { get; }

    internal StoreSql Sql { get; }

    internal RecentSagas Recent { get; } = new();

    internal Confidence Confidence { get; }

    private string Channel => "skald_" + _schema;

    /// <inheritdoc/>
    public async Task StartAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        try
        {
            await SchemaUpdate.ApplyAsync(_writing, _schema, "store", schema, cancellationToken).ConfigureAwait(false);
            await SchemaUpdate.RunAsync(_writing, Sql.ShiftClock, cancellationToken).ConfigureAwait(false);
            await _partitions.StartAsync(cancellationToken).ConfigureAwait(false);
            var connection = await _reading.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                _version = connection.PostgreSqlVersion.ToString();
            }
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception))
        {
            throw PostgresErrors.Explain(exception, Address);
        }

        _listener.Start();
    }

    /// <inheritdoc/>
    public async ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await TwiceAsync(() => BeginOnceAsync(request, cancellationToken)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, CancellationToken cancellationToken)
    {
        var time = now.ToUnixTimeMilliseconds();
        return await TwiceAsync(async () =>
        {
            var batch = _writing.CreateBatch();
            await using (batch.ConfigureAwait(false))
            {
                batch.Add(Sql.DueSagas).With(time).With((long)limit);
                batch.Add(Sql.DueDelayed).With(time).With((long)limit);
                batch.Add(Sql.ClaimOutbox).With(UnixTime.From(now + claimFor)).With(time).With((long)limit);
                batch.Add(Sql.NextDue).With(time);
                var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    var sagas = await StoreRows.ReadAsync(reader, r => r.GetGuid(0), cancellationToken).ConfigureAwait(false);
                    var delayed = await StoreRows.ReadAsync(reader, StoreRows.Delayed, cancellationToken).ConfigureAwait(false);
                    var outbox = await StoreRows.ReadAsync(reader, StoreRows.Outgoing, cancellationToken).ConfigureAwait(false);
                    var next = await StoreRows.ReadAsync(reader, r => r.IsDBNull(0) ? (DateTimeOffset?)null : UnixTime.To(r.GetInt64(0)), cancellationToken).ConfigureAwait(false);
                    return new DueWork(sagas, delayed, outbox, next[0]);
                }
            }
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _reading.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.Translate(exception, Address) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<SagaRow?> FindSagaAsync(Guid id, CancellationToken cancellationToken) =>
        (await ReadAsync(Sql.FindSaga, StoreRows.Saga, cancellationToken, c => c.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id })).ConfigureAwait(false)).FirstOrDefault();

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SagaRow>> SagasAsync(string definition, SagaStatus? status, int limit, CancellationToken cancellationToken) =>
        await ReadAsync(Sql.Sagas, StoreRows.Saga, cancellationToken, c =>
        {
            c.Parameters.Add(new NpgsqlParameter<string> { TypedValue = definition });
            c.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)(status is null ? -1 : (int)status) });
            Limit(c, limit);
        }).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<SagaStatus, long>> CountSagasAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(Sql.CountSagas, r => (Status: (SagaStatus)r.GetInt16(0), Count: r.GetInt64(1)), cancellationToken).ConfigureAwait(false)).ToDictionary(r => r.Status, r => r.Count);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid saga, CancellationToken cancellationToken) =>
        await ReadAsync(Sql.Journal, StoreRows.Journal, cancellationToken, c =>
        {
            c.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Bucket.Of(saga) });
            c.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = saga });
        }).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(int limit, CancellationToken cancellationToken) =>
        await ReadAsync(Sql.DeadLetters, StoreRows.DeadLetter, cancellationToken, c => Limit(c, limit)).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(int limit, CancellationToken cancellationToken) =>
        await ReadAsync(Sql.Delayed, StoreRows.Delayed, cancellationToken, c => Limit(c, limit)).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<long> CountOutboxAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(Sql.CountOutbox, r => r.GetInt64(0), cancellationToken).ConfigureAwait(false))[0];

    /// <inheritdoc/>
    public void WakeOthers() => _ = Task.Run(NotifyAsync);

    /// <inheritdoc/>
    public bool Carries(ITransport transport)
    {
        if (_broker is null && transport is PostgresBroker broker && broker.Address.IsSameDatabaseAs(Address))
        {
            _broker = broker;
        }

        return _broker is not null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _partitions.DisposeAsync().ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        await _writing.DisposeAsync().ConfigureAwait(false);
        await _reading.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Something that was believed has proved wrong: another process writes the same rows.</summary>
    internal void ForgetBeliefs()
    {
        Confidence.Lose();
        Recent.Clear();
    }

    /// <summary>One connection has broken: those in the pools may have, too.</summary>
    internal void ForgetConnections()
    {
        // Nobody knows whether the last commit was one.
        Recent.Clear();
        _writing.Clear();
        _reading.Clear();
    }

    /// <summary>What the batch receives from the broker and gives to it; null when it is none of this database's.</summary>
    internal async ValueTask<BrokerExchange?> BeginExchangeAsync(Changes changes, CancellationToken cancellationToken)
    {
        if (_broker is null || changes.Received.Count + changes.Sending.Count == 0)
        {
            return null;
        }

        try
        {
            return await _broker.BeginExchangeAsync(changes.Received, changes.Sending, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.Translate(exception, Address) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>A number per key, in ascending order, so that nobody waits in a circle. Two keys of one number only wait for each other.</summary>
    internal long[] LocksOf(List<LedgerKey> keys)
    {
        var locks = new SortedSet<long>();
        foreach (var key in keys)
        {
            // FNV-1a, 64 bits: the same number in every process.
            var hash = 14695981039346656037UL;
            Mix(ref hash, MemoryMarshal.AsBytes(_schema.AsSpan()));
            var scope = key.Scope;
            Mix(ref hash, MemoryMarshal.AsBytes(new ReadOnlySpan<Guid>(in scope)));
            Mix(ref hash, MemoryMarshal.AsBytes(key.Step.AsSpan()));
            locks.Add(unchecked((long)hash));
        }

        return [.. locks];

        static void Mix(ref ulong hash, ReadOnlySpan<byte> bytes)
        {
            foreach (var b in bytes)
            {
                hash = unchecked((hash ^ b) * 1099511628211UL);
            }
        }
    }

    private async ValueTask<IUnitOfWork> BeginOnceAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        PostgresUnitOfWork? unit = null;
        try
        {
            var connection = await _writing.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            unit = new PostgresUnitOfWork(this, connection, await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false));
            await unit.LoadAsync(request, cancellationToken).ConfigureAwait(false);
            return unit;
        }
        catch
        {
            if (unit is not null)
            {
                await unit.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    private static void Limit(NpgsqlCommand command, int limit) => command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = limit });

    private ValueTask<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, Action<NpgsqlCommand>? arguments = null) =>
        TwiceAsync(async () =>
        {
            var command = _reading.CreateCommand(sql);
            await using (command.ConfigureAwait(false))
            {
                arguments?.Invoke(command);
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    return await StoreRows.ReadAsync(reader, read, cancellationToken).ConfigureAwait(false);
                }
            }
        });

    /// <summary>
    /// Runs what has changed nothing when it fails. A connection that lay in the pool may have died there, with its server or
    /// in a firewall: its first use shows it, then all are thrown away and a new one decides.
    /// </summary>
    internal async ValueTask<T> TwiceAsync<T>(Func<ValueTask<T>> run)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await run().ConfigureAwait(false);
            }
            catch (NpgsqlException exception) when (attempt == 1 && PostgresErrors.IsBroken(exception))
            {
                ForgetConnections();
            }
            catch (Exception exception) when (PostgresErrors.Translate(exception, Address) is { } translated)
            {
                throw translated;
            }
        }
    }

    private async Task NotifyAsync()
    {
        try
        {
            var command = _reading.CreateCommand("SELECT pg_notify($1, $2)");
            await using (command.ConfigureAwait(false))
            {
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Channel });
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _self });
                await command.ExecuteNonQueryAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception) || exception is ObjectDisposedException)
        {
            // The others look by themselves before long.
        }
    }

    private void Hear(string? from)
    {
        if (from != _self)
        {
            Woken?.Invoke();
        }
    }
}
