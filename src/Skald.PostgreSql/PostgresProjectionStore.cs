using System.Data.Common;
using System.Diagnostics;
using Npgsql;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>
/// A projection's rows in a schema of their own. A rebuild fills a second schema with the same table names; taking over renames
/// both schemas, which locks no table: who reads is never interrupted.
/// </summary>
public sealed class PostgresProjectionStore : IProjectionStore
{
    private readonly string _name;
    private readonly string _owner;
    private readonly string _schema;
    private readonly string _rebuildSchema;
    private readonly string _oldSchema;
    private readonly PostgresAddress _address;
    private readonly PostgresDatabase _database;
    private Session? _rebuilding;
    private bool _isDisposed;

    // The last unit of work, by the machine's steady count.
    private long _begun;

    /// <summary>A store on a database that exists.</summary>
    /// <param name="name">The projection; its schema has the same name unless the options say another.</param>
    /// <param name="connection">A connection string, or a <c>postgres://</c> address.</param>
    /// <param name="options">How the database is used.</param>
    /// <param name="service">The service whose events it follows: one of the same name of another service is refused; null for whatever service.</param>
    /// <exception cref="StoreSetupException">The name or the connection string cannot be used.</exception>
    public PostgresProjectionStore(string name, string connection, PostgreSqlOptions options, string? service = null)
        : this(name, connection, options, service, new PostgresDatabases())
    {
    }

    /// <summary>One that shares its connections with the others of its process.</summary>
    internal PostgresProjectionStore(string name, string connection, PostgreSqlOptions options, string? service, PostgresDatabases databases)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(options);
        _name = name;
        _owner = service is null ? name : $"{name} of {service}";
        _schema = Identifier.Checked(options.Schema ?? name);
        (_rebuildSchema, _oldSchema) = (Identifier.Checked(_schema + "__new"), Identifier.Checked(_schema + "__old"));
        _address = new PostgresAddress(connection, options);
        _database = databases.Share(_address);
    }

    /// <inheritdoc/>
    public string Description => $"{_address}, schema {_schema}";

    /// <inheritdoc/>
    public Task StartAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken) => CreateAsync(_schema, schema, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IProjectionUnit> BeginAsync(ProjectionTables tables, CancellationToken cancellationToken)
    {
        if (tables == ProjectionTables.Rebuild && _rebuilding is null)
        {
            throw NotRebuilding();
        }

        try
        {
            return await _database.RunAsync(
                token =>
                {
                    // Not while it waited for the server.
                    Volatile.Write(ref _begun, Stopwatch.GetTimestamp());
                    return PostgresProjectionUnit.BeginAsync(this, t => _database.Projecting.OpenAsync(tables == ProjectionTables.Live ? _schema : _rebuildSchema, t), token);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ProjectionCheckpoint?> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Whoever asks how it stands would rather be told that nobody answers.
            return (await _database.AskReadingAsync(
                batch => batch.Add($"SELECT tx, number, problem FROM {Identifier.Quoted(_schema)}.skald_projection"),
                (rows, token) => StoreRows.ReadAsync(rows, r => new ProjectionCheckpoint(new EventPosition(r.GetInt64(0), r.GetInt64(1)), r.IsDBNull(2) ? null : r.GetString(2)), token),
                cancellationToken).ConfigureAwait(false)).FirstOrDefault();
        }
        catch (PostgresException exception) when (IsMissing(exception))
        {
            return null;
        }
        catch (Exception exception) when (Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc/>
    public async ValueTask ReportAsync(string problem, CancellationToken cancellationToken)
    {
        try
        {
            await _database.ExecuteAsync(
                batch => batch.Add($"UPDATE {Identifier.Quoted(_schema)}.skald_projection SET problem = $1").With(Arguments.Text(problem)), cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException exception) when (IsMissing(exception))
        {
            throw Missing(exception);
        }
        catch (Exception exception) when (Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _database.OpenReadingAsync(_schema, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc/>
    public async Task BeginRebuildAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken)
    {
        Session? session = null;
        try
        {
            // Not of a pool, where the lock would live on when the connection is given back.
            session = await _database.OpenAloneAsync(_schema, cancellationToken).ConfigureAwait(false);
            var connection = session.Connection;
            // Held by the session until the rebuild ends, or its process does.
            if (!await SchemaUpdate.ExistsAsync(connection, $"SELECT 1 WHERE pg_try_advisory_lock(hashtextextended('skald rebuild {_schema}', 0))", cancellationToken).ConfigureAwait(false))
            {
                throw new InvalidOperationException($"Projection '{_name}' is being rebuilt already, by this process or another.");
            }

            await SchemaUpdate.RunAsync(connection, $"DROP SCHEMA IF EXISTS {Identifier.Quoted(_rebuildSchema)} CASCADE", cancellationToken).ConfigureAwait(false);
            await CreateAsync(_rebuildSchema, schema, cancellationToken).ConfigureAwait(false);
            _rebuilding = session;
        }
        catch (Exception exception)
        {
            if (session is not null)
            {
                await ReleaseAsync(session).ConfigureAwait(false);
            }

            if (Translate(exception) is { } translated)
            {
                throw translated;
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TableDifference>> EndRebuildAsync(
        Func<EventPosition, Task<EventPosition>> catchUp, Func<IReadOnlyList<TableDifference>, bool> takeOver, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(catchUp);
        ArgumentNullException.ThrowIfNull(takeOver);
        _ = _rebuilding ?? throw NotRebuilding();
        try
        {
            var switched = false;
            List<TableDifference> differences;
            var unit = await PostgresProjectionUnit.BeginAsync(this, token => _database.OpenAloneAsync(_schema, token), cancellationToken).ConfigureAwait(false);
            await using (unit.ConfigureAwait(false))
            {
                await unit.ExpectAsync(_rebuildSchema, await catchUp(unit.Position).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                differences = await PostgresTables.CompareAsync((NpgsqlConnection)unit.Transaction.Connection!, _schema, _rebuildSchema, cancellationToken).ConfigureAwait(false);
                if (takeOver(differences))
                {
                    await unit.ExecuteAsync(
                        $"DROP SCHEMA IF EXISTS {Identifier.Quoted(_oldSchema)} CASCADE; ALTER SCHEMA {Identifier.Quoted(_schema)} RENAME TO \"{_oldSchema}\"; " +
                        $"ALTER SCHEMA {Identifier.Quoted(_rebuildSchema)} RENAME TO \"{_schema}\"", cancellationToken).ConfigureAwait(false);
                    await unit.Transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                    switched = true;
                }
            }

            if (switched)
            {
                await DropOldAsync().ConfigureAwait(false);
            }

            return differences;
        }
        catch (Exception exception) when (Translate(exception) is { } translated)
        {
            throw translated;
        }
        finally
        {
            await AbandonRebuildAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task AbandonRebuildAsync(CancellationToken cancellationToken)
    {
        if (_rebuilding is not { } session)
        {
            return;
        }

        _rebuilding = null;
        try
        {
            await SchemaUpdate.RunAsync(session.Connection, $"DROP SCHEMA IF EXISTS {Identifier.Quoted(_rebuildSchema)} CASCADE", cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception))
        {
            // The next rebuild throws it away.
        }
        finally
        {
            await ReleaseAsync(session).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public bool IsOutage(Exception exception) => exception is StoreUnavailableException || PostgresErrors.IsDamage(exception) || Translate(exception) is StoreUnavailableException;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await AbandonRebuildAsync(CancellationToken.None).ConfigureAwait(false);
        await _database.ReleaseAsync(null).ConfigureAwait(false);
    }

    internal Exception? Translate(Exception exception)
    {
        // The server has ended a transaction that stood still too long, or a plan is of tables that were since replaced.
        if (exception is PostgresException { SqlState: "25P03" or "0A000" } error)
        {
            _database.Projecting.Clear();
            return new StoreUnavailableException($"PostgreSQL at {_address}: {error.MessageText}", error);
        }

        var translated = PostgresErrors.Translate(exception, _address);
        if (translated is StoreUnavailableException && PostgresErrors.IsBroken(exception))
        {
            _database.ForgetConnections(Volatile.Read(ref _begun));
        }

        return translated;
    }

    /// <summary>The schema, its table, or the database is not there: it was dropped, or never made.</summary>
    internal static bool IsMissing(PostgresException exception) => exception.SqlState is "42P01" or "3F000";

    internal static StoreUnavailableException Missing(PostgresException exception) => new($"The projection's tables are gone: {exception.MessageText}", exception);

    private InvalidOperationException NotRebuilding() => new($"Projection '{_name}' is not being rebuilt by this instance: begin a rebuild first.");

    /// <summary>Gives the lock back at once; closing the connection would do it too, a moment later.</summary>
    private static async Task ReleaseAsync(Session session)
    {
        try
        {
            await SchemaUpdate.RunAsync(session.Connection, "SELECT pg_advisory_unlock_all()", CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception) || exception is InvalidOperationException)
        {
            // The connection was never open, or is not any more.
        }
        finally
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The tables have been replaced, whatever becomes of the old ones: who still reads them is not waited for, and the next rebuild drops them.</summary>
    private async Task DropOldAsync()
    {
        try
        {
            var connection = await _database.Reading.OpenAsync(CancellationToken.None).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var transaction = await connection.BeginTransactionAsync(CancellationToken.None).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    await SchemaUpdate.RunAsync(connection, $"SET LOCAL lock_timeout = '1s'; DROP SCHEMA IF EXISTS {Identifier.Quoted(_oldSchema)} CASCADE", CancellationToken.None).ConfigureAwait(false);
                    await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception) || exception is ObjectDisposedException)
        {
            // Somebody reads them, or the server is away.
        }
    }

    private async Task CreateAsync(string schema, IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        try
        {
            // The owner is claimed in the same transaction, before the projection's own statements: another's tables are not touched.
            await SchemaUpdate.ApplyAsync(
                _database, schema, SchemaUpdate.Projection, _owner, [$"INSERT INTO skald_projection (name) SELECT '{_owner}' WHERE NOT EXISTS (SELECT FROM skald_projection)", .. statements], cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (Translate(exception) is { } translated)
        {
            throw translated;
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception))
        {
            throw PostgresErrors.Explain(exception, _address);
        }
    }
}
