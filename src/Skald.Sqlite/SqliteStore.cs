using System.Data.Common;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Skald.Storage;
using SQLitePCL;

namespace Skald.Sqlite;

/// <summary>One service's rows in a SQLite file: one writing connection per process, WAL, group commit by batches.</summary>
public sealed class SqliteStore : IStore, IEventLog, IWakeUp
{
    private readonly string _file;
    private readonly SqliteOptions _options;
    private readonly WakeFile _wake;
    private readonly ILogger _logger;
    private readonly StoreWriter _writer;
    private OwnerLock? _presence;

    /// <summary>A store on a file that may not exist yet.</summary>
    /// <param name="file">The full path.</param>
    /// <param name="options">How the file is used.</param>
    /// <param name="logger">Told of what goes wrong without doing harm; nobody unless set.</param>
    public SqliteStore(string file, SqliteOptions options, ILogger? logger = null)
    {
        (_file, _options, _logger) = (file, options, logger ?? NullLogger.Instance);
        _writer = new StoreWriter(file, options);
        _wake = new WakeFile(file + ".wake", () => Woken?.Invoke(), _logger);
        Operations = new SqliteOperations(this);
        Retention = new SqliteRetention(this, _writer);
    }

    /// <inheritdoc/>
    public string Description => $"{_file}, {NativeSqlite.Description}, synchronous={(_options.Durable ? "FULL" : "NORMAL")}";

    /// <inheritdoc/>
    public IOperations Operations { get; }

    /// <inheritdoc/>
    public IRetention Retention { get; }

    /// <inheritdoc/>
    public IEventLog EventLog => this;

    /// <inheritdoc/>
    public IWakeUp WakeUp => this;

    /// <inheritdoc/>
    public Action? Woken { get; set; }

    /// <inheritdoc/>
    public long Incarnation { get; private set; }

    /// <summary>The plans that it knows, as JSON; null for all.</summary>
    internal string? Knows { get; private set; }

    private StoreSql Sql => _writer.Sql;

    private string ReadingConnection => field ??=
        new SqliteConnectionStringBuilder { DataSource = _file, Mode = SqliteOpenMode.ReadWrite, ForeignKeys = true, DefaultTimeout = NativeSqlite.Seconds(_options.BusyTimeout) }.ToString();

    /// <inheritdoc/>
    public Task StartAsync(string owner, IReadOnlyList<string> schema, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        Close();
        _writer.Open(owner, schema);
        _wake.Watch();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> KeepSecretAsync(ReadOnlyMemory<byte> drawn, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            ReadOnlyMemory<byte> kept = default;
            WriteBeside(sql =>
            {
                sql.KeepSecret.Bind(drawn.Span).Run();
                kept = StoreRows.Secret(sql.Secret);
            });
            return kept;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task JoinAsync(IReadOnlyCollection<string>? plans, CancellationToken cancellationToken) =>
        Incarnation > 0 ? Task.CompletedTask : Task.Run(() => Join(plans is null ? null : JsonSerializer.Serialize([.. plans], PlansJson.Default.StringArray)), cancellationToken);

    /// <inheritdoc/>
    public Task LeaveAsync(CancellationToken cancellationToken) => Task.Run(() => WriteBeside(sql => sql.Leave.Bind(Incarnation).Run()), cancellationToken);

    /// <summary>On a thread of its own: the file may be the lane's for a while.</summary>
    private void Join(string? knows)
    {
        OwnerLock? presence = null;
        long number = 0;
        try
        {
            WriteBeside(sql =>
            {
                sql.ForgetBuried.Run();
                number = sql.Join.Bind(knows).Bind(InstanceRow.ThisProcess).Single();
                // Before anybody can see the number.
                presence = OwnerLock.Hold(_file, number, _logger);
            });
            if (presence is not null && OwnerLock.IsAbandoned(_file, number))
            {
                throw new StoreSetupException($"Locks of files do not work beside '{_file}': no process could tell whether another lives. Keep the file on a local disk.");
            }
        }
        catch
        {
            presence?.Dispose();
            throw;
        }

        (_presence, Incarnation, Knows) = (presence, number, knows);
    }

    /// <inheritdoc/>
    public ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        SqliteUnitOfWork? unit = null;
        try
        {
            unit = new SqliteUnitOfWork(_writer.Begin(), Sql, _writer);
            unit.Load(request);
            return ValueTask.FromResult<IUnitOfWork>(unit);
        }
        catch (Exception exception)
        {
            unit?.Rollback();
            throw exception is SqliteException error ? Translate(error) : exception;
        }
    }

    /// <inheritdoc/>
    public ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, CancellationToken cancellationToken)
    {
        try
        {
            _writer.ShowRoom();
            var time = now.ToUnixTimeMilliseconds();
            var due = Claim(time, UnixTime.From(now + claimFor), limit, wakes ? limit : 0);
            var orphans = Incarnation == 0 ? [] : FindOrphans(limit);
            DateTimeOffset? next = null;
            for (var row = Sql.NextDue.Bind(time); row.Read();)
            {
                next = row.IntOrNull(0) is { } at ? UnixTime.To(at) : null;
            }

            return ValueTask.FromResult(due with { Orphans = orphans, Next = next });
        }
        catch (SqliteException exception)
        {
            _writer.Failed(exception);
            throw Translate(exception);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Strangers> FindStrangersAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) => UseAsync(sql => new Strangers(
        StoreRows.Strangers(sql.Strangers.Bind(now.ToUnixTimeMilliseconds()).Bind(limit)), StoreRows.Ids(sql.Returned.Bind(limit).Bind(Knows))));

    private DueWork Claim(long now, long until, int limit, int wakes)
    {
        using var transaction = _writer.Begin();
        var sagas = StoreRows.Ids(Sql.DueSagas.Bind(now).Bind(wakes).Bind(Knows));
        sagas.ForEach(id => Sql.ClaimSaga.Bind(until).Bind(id).Run());
        var flows = StoreRows.Ids(Sql.DueFlows.Bind(now).Bind(wakes));
        flows.ForEach(id => Sql.ClaimFlow.Bind(until).Bind(id).Run());
        var delayed = StoreRows.Delayed(Sql.DueDelayed.Bind(now).Bind(limit).Bind(Knows));
        delayed.ForEach(row => Sql.ClaimDelayed.Bind(until).Bind(row.Id).Run());
        var outbox = StoreRows.Outbox(Sql.DueOutbox.Bind(now).Bind(limit));
        outbox.ForEach(row => Sql.ClaimOutbox.Bind(until).Bind(row.Id).Run());
        _writer.Commit(transaction);
        return new DueWork(sagas, flows, delayed.ConvertAll(row => row with { Due = until }), outbox.ConvertAll(row => row with { ClaimedUntil = until }), [], null);
    }

    private List<Orphan> FindOrphans(int limit)
    {
        if (Sql.IsKnown.Bind(Incarnation).Single() == 0 || !OwnerLock.IsThere(_file, Incarnation))
        {
            // Somebody has removed the file, and others have taken this instance for gone.
            _presence?.Dispose();
            _presence = OwnerLock.Hold(_file, Incarnation, _logger);
            Sql.Revive.Bind(Incarnation).Bind(Knows).Bind(InstanceRow.ThisProcess).Run();
        }

        foreach (var number in StoreRows.Numbers(Sql.LivingInstances.Bind(Incarnation)).Where(number => OwnerLock.IsGone(_file, number)))
        {
            Sql.Bury.Bind(number).Run();
        }

        return StoreRows.Orphans(Sql.Orphans.Bind(limit).Bind(Knows));
    }

    /// <summary>Writes on a connection beside the lane's, which may be in the middle of something.</summary>
    private void WriteBeside(Action<StoreSql> write)
    {
        try
        {
            _writer.ThrowIfMoved();
            using var connection = NativeSqlite.OpenWriter(_file, _options);
            using var transaction = connection.BeginTransaction(deferred: false);
            using var sql = new StoreSql(connection);
            write(sql);
            transaction.Commit();
        }
        catch (SqliteException exception)
        {
            throw Translate(exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"No file can be made beside '{_file}': {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        _ = NativeSqlite.Description;
        var connection = new SqliteConnection(ReadingConnection);
        try
        {
            _writer.ThrowIfMoved();
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            NativeSqlite.Execute(connection, $"PRAGMA busy_timeout = {(long)_options.BusyTimeout.TotalMilliseconds}");
            return connection;
        }
        catch (Exception exception)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw exception is SqliteException error ? Translate(error) : exception;
        }
    }

    /// <inheritdoc/>
    public bool IsOutage(Exception exception) => exception is StoreUnavailableException || (exception is SqliteException error && Translate(error) is StoreUnavailableException);

    /// <summary>Whether an instance that has not left is gone: nobody holds its lock.</summary>
    internal bool IsGone(long number) => number != Incarnation && OwnerLock.IsGone(_file, number);

    /// <summary>Uses the writing connection, between units of work.</summary>
    internal ValueTask<T> UseAsync<T>(Func<StoreSql, T> use)
    {
        try
        {
            _writer.ThrowIfMoved();
            return ValueTask.FromResult(use(Sql));
        }
        catch (SqliteException exception)
        {
            _writer.Failed(exception);
            throw Translate(exception);
        }
    }

    ValueTask<EventPage> IEventLog.ReadAsync(EventPosition after, int limit, CancellationToken cancellationToken) =>
        ReadAsync(sql => new EventPage(StoreRows.Events(sql.Events.Bind(after.Number).Bind(limit)), HeldBack: false), cancellationToken);

    ValueTask<long> IEventLog.CountAsync(EventPosition after, long limit, CancellationToken cancellationToken) =>
        // Positions have no gaps.
        ReadAsync(sql => Math.Clamp(sql.LastEvent.Single() - after.Number, 0, limit), cancellationToken);

    ValueTask<IReadOnlyList<StoredEvent>> IEventLog.ReadStreamAsync(string stream, long afterVersion, int limit, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<StoredEvent>>(sql => StoreRows.Events(sql.StreamEvents.Bind(stream).Bind(afterVersion).Bind(limit)), cancellationToken);

    ValueTask<SnapshotRow?> IEventLog.FindSnapshotAsync(string stream, string shape, CancellationToken cancellationToken) =>
        ReadAsync(sql => StoreRows.Snapshots(sql.FindSnapshot.Bind(stream).Bind(shape)).FirstOrDefault(), cancellationToken);

    ValueTask<string?> IEventLog.WhyHeldBackAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    /// <inheritdoc/>
    public void WakeOthers() => _wake.Touch();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _wake.Dispose();
        Close();
        // Whoever opens a file of that name next must not get connections to this one.
        using var any = new SqliteConnection(ReadingConnection);
        SqliteConnection.ClearPool(any);
        return ValueTask.CompletedTask;
    }

    /// <summary>Tells trouble with the file from trouble with a statement.</summary>
    internal static Exception Translate(SqliteException exception) => exception.SqliteErrorCode is
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB
        ? new StoreUnavailableException(exception.Message, exception)
        : exception;

    /// <summary>Reads on a connection beside the lane's; all of it as it was at one moment.</summary>
    internal async ValueTask<T> ReadAsync<T>(Func<StoreSql, T> read, CancellationToken cancellationToken)
    {
        try
        {
            var connection = (SqliteConnection)await OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                using var moment = connection.BeginTransaction(deferred: true);
                using var sql = new StoreSql(connection);
                return read(sql);
            }
        }
        catch (SqliteException exception)
        {
            throw Translate(exception);
        }
    }

    private void Close()
    {
        Incarnation = 0;
        _presence?.Dispose();
        _presence = null;
        _writer.Close();
    }
}
