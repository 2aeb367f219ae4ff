using System.Data.Common;
using System.Diagnostics;
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
public sealed class PostgresStore : IStore, IWakeUp, ISharesDatabaseWith
{
    private readonly string _schema;
    private readonly PostgreSqlOptions _options;
    private readonly PostgresDatabase _database;
    private readonly Presence _presence;
    private readonly Ear _ear;
    private readonly Partitions _partitions;
    private readonly string _self = RandomNumberGenerator.GetHexString(16);
    private PostgresBroker? _broker;
    private string _version = "not connected yet";
    private bool _isDisposed;

    /// <summary>A store on a database that exists.</summary>
    /// <param name="service">The service's full name; its schema is made from it.</param>
    /// <param name="connection">A connection string, or a <c>postgres://</c> address.</param>
    /// <param name="options">How the database is used.</param>
    /// <param name="time">The clock that decides which months are kept.</param>
    /// <param name="logger">Told of what goes wrong without doing harm; nobody unless set.</param>
    /// <exception cref="StoreSetupException">The name or the connection string cannot be used.</exception>
    public PostgresStore(string service, string connection, PostgreSqlOptions options, TimeProvider time, ILogger? logger = null)
        : this(service, connection, options, time, logger ?? NullLogger.Instance, new PostgresDatabases())
    {
    }

    /// <summary>One that shares its connections with the others of its process.</summary>
    internal PostgresStore(string service, string connection, PostgreSqlOptions options, TimeProvider time, ILogger logger, PostgresDatabases databases)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _schema = options.Schema is null ? Identifier.OfService(service) : Identifier.Checked(options.Schema);
        Address = new PostgresAddress(connection, options);
        Sql = new StoreSql(_schema);
        _database = databases.Share(Address);
        _presence = new Presence(_database, Sql, options.Lease);
        _ear = new Ear(Channel, Hear, logger) { Presence = _presence };
        _partitions = new Partitions(_database, _schema, time);
        EventLog = new PostgresEventLog(this, _database);
        Operations = new PostgresOperations(this, _database, options.Lease);
        Retention = new PostgresRetention(this, _database, _presence, new DeadRows(_database, _schema));
        Confidence = new Confidence(time);
    }

    /// <inheritdoc/>
    public string Description => $"{Address}, schema {_schema}, PostgreSQL {_version}";

    /// <inheritdoc/>
    public Action? Woken { get; set; }

    /// <inheritdoc/>
    public IOperations Operations { get; }

    /// <inheritdoc/>
    public IRetention Retention { get; }

    /// <inheritdoc/>
    public IEventLog EventLog { get; }

    /// <inheritdoc/>
    public IWakeUp WakeUp => this;

    /// <inheritdoc/>
    public ISharesDatabaseWith SharesDatabase => this;

    internal PostgresAddress Address { get; }

    internal StoreSql Sql { get; }

    internal RecentRows<SagaRow> RecentSagas { get; } = new(
        s => s.Id, s => s.Version, s => s.Status.IsFinal() || s.Status == SagaStatus.Parked, s => s.State.Length + (s.Steps.Length * sizeof(char)));

    internal RecentRows<FlowRow> RecentFlows { get; } = new(f => f.Id, f => f.Version, f => f.EndedAt is not null, f => f.Seen.Length);

    internal Confidence Confidence { get; }

    private string Channel => "skald_" + _schema;

    /// <inheritdoc/>
    public async Task StartAsync(string owner, IReadOnlyList<string> schema, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        try
        {
            var version = await SchemaUpdate.ApplyAsync(_database, _schema, SchemaUpdate.Store, owner, schema, cancellationToken).ConfigureAwait(false);
            await _database.ExecuteAsync(batch => batch.Add(Sql.ShiftClock), cancellationToken).ConfigureAwait(false);
            await _partitions.StartAsync(cancellationToken).ConfigureAwait(false);
            _version = version.ToString();
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception))
        {
            throw PostgresErrors.Explain(exception, Address);
        }
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> KeepSecretAsync(ReadOnlyMemory<byte> drawn, CancellationToken cancellationToken)
    {
        try
        {
            return (await TwiceAsync(() => _database.RowsAsync(
                batch =>
                {
                    batch.Add(Sql.KeepSecret).With(drawn.ToArray());
                    batch.Add(Sql.Secret);
                },
                r => r.GetFieldValue<byte[]>(0),
                cancellationToken)).ConfigureAwait(false)).Single();
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw PostgresErrors.Explain(exception, Address);
        }
    }

    /// <inheritdoc/>
    public long Incarnation => _presence.Number;

    /// <inheritdoc/>
    public async Task JoinAsync(IReadOnlyCollection<string>? plans, CancellationToken cancellationToken)
    {
        string[]? knows = plans is null ? null : [.. plans];
        _presence.Take(await TwiceAsync(() => _presence.DrawAsync(knows, cancellationToken)).ConfigureAwait(false), knows);
        _database.Listen(_ear);
        await _presence.Held.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task LeaveAsync(CancellationToken cancellationToken) => await TwiceAsync(() => _presence.LeaveAsync(cancellationToken)).ConfigureAwait(false);

    /// <inheritdoc/>
    public bool AllowsParallelUnits => true;

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> AskTimeAsync(CancellationToken cancellationToken) => DateTimeOffset.UnixEpoch.AddMicroseconds(
        // One row. A number, because an application may have changed what a time is read as.
        (await TwiceAsync(() => _database.RowsAsync(
            batch => batch.Add("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"), r => r.GetInt64(0), cancellationToken)).ConfigureAwait(false))[0]);

    /// <inheritdoc/>
    public async ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await TwiceAsync(() => BeginOnceAsync(request, cancellationToken)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, CancellationToken cancellationToken) =>
        TwiceAsync(() => TakeDueOnceAsync(now, claimFor, limit, wakes, cancellationToken));

    /// <inheritdoc/>
    public ValueTask<Strangers> FindStrangersAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        _presence.MayJudge ? TwiceAsync(() => FindStrangersOnceAsync(now, limit, cancellationToken)) : new(new Strangers([], []));

    /// <inheritdoc/>
    public async ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _database.OpenReadingAsync(_schema, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.Translate(exception, Address) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc/>
    public bool IsOutage(Exception exception) => exception is StoreUnavailableException || PostgresErrors.IsOutageOfStatement(exception, Address);

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
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _partitions.DisposeAsync().ConfigureAwait(false);
        await _database.ReleaseAsync(_ear).ConfigureAwait(false);
    }

    /// <summary>Something that was believed has proved wrong: another process writes the same rows.</summary>
    internal void ForgetBeliefs()
    {
        Confidence.Lose();
        ForgetRows();
    }

    /// <summary>Nobody knows whether what was written last is there.</summary>
    internal void ForgetRows()
    {
        RecentSagas.Clear();
        RecentFlows.Clear();
    }

    /// <summary>Ends a session that somebody holds who does not return.</summary>
    internal async ValueTask EndSessionAsync(int process)
    {
        if (_database.IsSilent)
        {
            // What answers next may be another server, where the number is somebody else's.
            return;
        }

        try
        {
            await _database.ExecuteAsync(batch => batch.Add("SELECT pg_terminate_backend($1)").With(process), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception) || exception is ObjectDisposedException)
        {
            // The server is away: then the session is, too, or it ends when it has idled for long enough.
        }
    }

    /// <inheritdoc cref="ServerWatch.IsSilent"/>
    internal bool IsServerSilent => _database.IsSilent;

    /// <inheritdoc cref="ServerWatch.AnswersAsync"/>
    internal Task ServerAnswersAsync() => _database.AnswersAsync();

    /// <inheritdoc cref="ServerWatch.RunAsync"/>
    internal ValueTask<T> AskAsync<T>(Func<CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken) => _database.RunAsync(ask, cancellationToken);

    /// <summary>One connection has broken: those in the pools may have, too.</summary>
    internal void ForgetConnections(long since)
    {
        ForgetRows();
        _database.ForgetConnections(since);
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
    internal long[] LocksOf(IReadOnlyCollection<LedgerKey> ledger, IReadOnlyCollection<PositionKey> positions)
    {
        var locks = new SortedSet<long>();
        foreach (var key in ledger)
        {
            var scope = key.Scope;
            locks.Add(new KeyHash(_schema).With(MemoryMarshal.AsBytes(new ReadOnlySpan<Guid>(in scope))).With(key.Step).Value);
        }

        foreach (var key in positions)
        {
            locks.Add(new KeyHash(_schema).With(key.Topic).With(key.Source).With(key.Stream).Value);
        }

        return [.. locks];
    }

    private ValueTask<DueWork> TakeDueOnceAsync(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, CancellationToken cancellationToken)
    {
        var (time, until, judges) = (now.ToUnixTimeMilliseconds(), UnixTime.From(now + claimFor), _presence.MayJudge);
        return _database.AskAsync(
            batch =>
            {
                batch.Add(Sql.ClaimSagas).With(until).With(time).With(wakes ? limit : 0L).With(_presence.Knows);
                batch.Add(Sql.ClaimFlows).With(until).With(time).With(wakes ? limit : 0L);
                batch.Add(Sql.ClaimDelayed).With(until).With(time).With((long)limit).With(_presence.Knows);
                batch.Add(Sql.ClaimOutbox).With(until).With(time).With((long)limit);
                if (judges)
                {
                    batch.Add(Sql.BuryGone).With(Incarnation).With(_options.Lease);
                    batch.Add(Sql.Orphans).With((long)limit).With(_presence.Knows);
                }

                batch.Add(Sql.NextDue).With(time);
            },
            async (reader, token) =>
            {
                var sagas = await StoreRows.ReadAsync(reader, r => r.GetGuid(0), token).ConfigureAwait(false);
                var flows = await StoreRows.ReadAsync(reader, r => r.GetGuid(0), token).ConfigureAwait(false);
                var delayed = await StoreRows.ReadAsync(reader, StoreRows.Delayed, token).ConfigureAwait(false);
                var outbox = await StoreRows.ReadAsync(reader, StoreRows.Outbox, token).ConfigureAwait(false);
                var orphans = judges ? await StoreRows.ReadAsync(reader, r => new Orphan(r.GetGuid(0), r.GetInt64(1)), token).ConfigureAwait(false) : [];
                var next = await StoreRows.ReadAsync(reader, r => r.IsDBNull(0) ? (DateTimeOffset?)null : UnixTime.To(r.GetInt64(0)), token).ConfigureAwait(false);
                return new DueWork(sagas, flows, delayed, outbox, orphans, next[0]);
            },
            cancellationToken);
    }

    private ValueTask<Strangers> FindStrangersOnceAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) => _database.AskAsync(
        batch =>
        {
            batch.Add(Sql.Strangers).With(now.ToUnixTimeMilliseconds()).With((long)limit);
            batch.Add(Sql.Returned).With((long)limit).With(_presence.Knows);
        },
        async (reader, token) => new Strangers(
            await StoreRows.ReadAsync(reader, r => new Stranger(r.GetGuid(0), r.GetString(1)), token).ConfigureAwait(false),
            await StoreRows.ReadAsync(reader, r => r.GetGuid(0), token).ConfigureAwait(false)),
        cancellationToken);

    private async ValueTask<IUnitOfWork> BeginOnceAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        PostgresUnitOfWork? unit = null;
        var session = await _database.TakeUnitAsync(_schema, cancellationToken).ConfigureAwait(false);
        try
        {
            // It is sent with what comes first.
            unit = new PostgresUnitOfWork(this, session, await session.Connection.BeginTransactionAsync(CancellationToken.None).ConfigureAwait(false));
            await unit.LoadAsync(request, cancellationToken).ConfigureAwait(false);
            return unit;
        }
        catch
        {
            if (unit is null)
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                await unit.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>
    /// Runs what is harmless to run again when it fails. A connection that lay in the pool may have died there, with its server or
    /// in a firewall: its first use shows it, then all are thrown away and a new one decides.
    /// </summary>
    internal async ValueTask<T> TwiceAsync<T>(Func<ValueTask<T>> run)
    {
        for (var attempt = 1; ; attempt++)
        {
            var begun = Stopwatch.GetTimestamp();
            try
            {
                return await run().ConfigureAwait(false);
            }
            catch (NpgsqlException exception) when (PostgresErrors.IsBroken(exception))
            {
                ForgetConnections(begun);
                if (attempt > 1)
                {
                    throw PostgresErrors.Translate(exception, Address) ?? exception;
                }
            }
            catch (ObjectDisposedException) when (attempt == 1 && !_isDisposed)
            {
                // The pool was left for another in the moment between.
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
            await _database.ExecuteAsync(batch => batch.Add("SELECT pg_notify($1, $2)").With(Channel).With(_self), CancellationToken.None).ConfigureAwait(false);
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
