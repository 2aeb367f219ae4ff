using System.Data.Common;
using Microsoft.Data.Sqlite;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>
/// A projection's rows in a SQLite file. A rebuild writes a file beside it, with the same table names; taking over copies its
/// tables into the live file in one transaction, which readers see as a whole or not at all.
/// </summary>
public sealed class SqliteProjectionStore : IProjectionStore
{
    private readonly string _service;
    private readonly string _name;
    private readonly string _file;
    private readonly string _rebuildFile;
    private readonly SqliteOptions _options;
    private SqliteConnection? _live;
    private SqliteConnection? _rebuild;
    private FileStream? _rebuildLock;

    /// <summary>A store on a file that may not exist yet.</summary>
    /// <param name="service">The service whose projection it is, by its full name.</param>
    /// <param name="name">The projection.</param>
    /// <param name="file">The full path.</param>
    /// <param name="options">How the file is used.</param>
    public SqliteProjectionStore(string service, string name, string file, SqliteOptions options)
    {
        (_service, _name, _file, _options) = (service, name, file, options);
        _rebuildFile = $"{file}.{name}.rebuild";
    }

    /// <inheritdoc/>
    public string Description => $"{_file}, {NativeSqlite.Description}";

    /// <inheritdoc/>
    public Task StartAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        // A file that was removed or replaced is another one: what is open is not it.
        _live?.Dispose();
        _live = null;
        _live = Open(_file, schema);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IProjectionUnit> BeginAsync(ProjectionTables tables, CancellationToken cancellationToken)
    {
        var connection = tables == ProjectionTables.Live ? Live : _rebuild ?? throw NotRebuilding();
        return ValueTask.FromResult<IProjectionUnit>(Unit.Begin(connection, _name));
    }

    /// <inheritdoc/>
    public async ValueTask<ProjectionCheckpoint?> FindAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(_file))
        {
            return null;
        }

        var connection = (SqliteConnection)await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            using var command = Command(connection, "SELECT tx, number, problem FROM skald_projections WHERE name = $name");
            try
            {
                using var row = command.ExecuteReader();
                return row.Read() ? new ProjectionCheckpoint(new EventPosition(row.GetInt64(0), row.GetInt64(1)), row.IsDBNull(2) ? null : row.GetString(2)) : null;
            }
            catch (SqliteException exception) when (exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_ERROR)
            {
                // The table is missing: nothing was projected into this file yet.
                return null;
            }
            catch (SqliteException exception)
            {
                throw SqliteStore.Translate(exception);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask ReportAsync(string problem, CancellationToken cancellationToken)
    {
        try
        {
            using var command = Command(Live, "UPDATE skald_projections SET problem = $problem WHERE name = $name");
            command.Parameters.AddWithValue("$problem", problem);
            command.ExecuteNonQuery();
            return default;
        }
        catch (SqliteException exception)
        {
            throw SqliteStore.Translate(exception);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        _ = NativeSqlite.Description;
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _file, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = NativeSqlite.Seconds(_options.BusyTimeout) }.ToString());
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteException exception)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw SqliteStore.Translate(exception);
        }

        NativeSqlite.Execute(connection, $"PRAGMA busy_timeout = {(long)_options.BusyTimeout.TotalMilliseconds}");
        return connection;
    }

    /// <inheritdoc/>
    public Task BeginRebuildAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        _rebuildLock = LockRebuild();
        try
        {
            BeginRebuild(schema);
            return Task.CompletedTask;
        }
        catch
        {
            AbandonRebuild();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TableDifference>> EndRebuildAsync(
        Func<EventPosition, Task<EventPosition>> catchUp, Func<IReadOnlyList<TableDifference>, bool> takeOver, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(catchUp);
        ArgumentNullException.ThrowIfNull(takeOver);
        _ = _rebuild ?? throw NotRebuilding();
        try
        {
            // A connection of its own: the file beside is attached to it, which cannot be done within a transaction.
            using var connection = OpenWhole();
            try
            {
                await using var unit = Unit.Begin(connection, _name);
                var reached = await catchUp(unit.Position).ConfigureAwait(false);
                Expect(connection, reached);
                var tables = SqliteTables.Of(connection);
                var differences = tables.Select(t => t.Compare(connection)).ToList();
                if (takeOver(differences))
                {
                    tables.ForEach(t => t.TakeOver(connection));
                    await unit.CommitAsync(reached, cancellationToken).ConfigureAwait(false);
                }

                return differences;
            }
            finally
            {
                NativeSqlite.Execute(connection, "DETACH rebuilt");
            }
        }
        catch (SqliteException exception)
        {
            throw SqliteStore.Translate(exception);
        }
        finally
        {
            AbandonRebuild();
        }
    }

    /// <inheritdoc/>
    public Task AbandonRebuildAsync(CancellationToken cancellationToken)
    {
        AbandonRebuild();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public bool IsOutage(Exception exception) => exception is SqliteException error && SqliteStore.Translate(error) is StoreUnavailableException;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _live?.Dispose();
        _live = null;
        AbandonRebuild();
        return ValueTask.CompletedTask;
    }

    private SqliteConnection Live => !File.Exists(_file)
        ? throw new StoreUnavailableException($"The database file '{_file}' is gone.")
        : _live ?? throw new InvalidOperationException("The projection's tables were not created.");

    private InvalidOperationException NotRebuilding() => new($"Projection '{_name}' is not being rebuilt by this instance: begin a rebuild first.");

    /// <summary>The live file, with the rebuilt one as <c>rebuilt</c>.</summary>
    private SqliteConnection OpenWhole()
    {
        if (!File.Exists(_file))
        {
            // Opening it would leave an empty one in its place.
            throw new StoreUnavailableException($"The database file '{_file}' is gone.");
        }

        SqliteConnection? connection = null;
        try
        {
            connection = NativeSqlite.OpenWriter(_file, _options);
            // Its tables are dropped one by one, whatever refers to them.
            NativeSqlite.Execute(connection, "PRAGMA foreign_keys = OFF");
            NativeSqlite.Execute(connection, "ATTACH $a AS rebuilt", _rebuildFile);
            return connection;
        }
        catch (Exception exception)
        {
            connection?.Dispose();
            throw exception is StoreSetupException ? new StoreUnavailableException(exception.Message, exception) : exception;
        }
    }

    private void Expect(SqliteConnection connection, EventPosition reached)
    {
        using var command = Command(connection, "SELECT 1 FROM rebuilt.skald_projections WHERE name = $name AND tx = $tx AND number = $number");
        command.Parameters.AddWithValue("$tx", reached.Transaction);
        command.Parameters.AddWithValue("$number", reached.Number);
        if (command.ExecuteScalar() is null)
        {
            throw new SagaConcurrencyException($"The rebuilt tables of projection '{_name}' are not at {reached}: another process rebuilds them too.");
        }
    }

    private void BeginRebuild(IReadOnlyList<string> schema)
    {
        DeleteRebuild();
        // Until it takes over, nothing would be lost with the power: it would be built again.
        _rebuild = Open(_rebuildFile, schema, _options with { Durable = false });
        NativeSqlite.Execute(_rebuild, "PRAGMA synchronous = OFF");
    }

    private void AbandonRebuild()
    {
        if (_rebuildLock is not null)
        {
            _rebuild?.Dispose();
            _rebuild = null;
            DeleteRebuild();
            _rebuildLock.Dispose();
            _rebuildLock = null;
        }
    }

    /// <summary>Held until the rebuild ends, or its process does. The file stays: removing it would let two others in.</summary>
    private FileStream LockRebuild()
    {
        try
        {
            return PrivateFile.Open(_rebuildFile + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new InvalidOperationException($"Projection '{_name}' is being rebuilt already, by this process or another. Wait until that is done.", exception);
        }
    }

    private void DeleteRebuild()
    {
        foreach (var suffix in (string[])["", "-wal", "-shm"])
        {
            File.Delete(_rebuildFile + suffix);
        }
    }

    private SqliteConnection Open(string file, IReadOnlyList<string> schema, SqliteOptions? options = null)
    {
        var connection = NativeSqlite.OpenWriter(file, options ?? _options);
        try
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            SchemaUpdate.Apply(connection, file, SchemaUpdate.Projection, _service);
            foreach (var statement in schema)
            {
                NativeSqlite.Execute(connection, statement);
            }

            using (var command = Command(connection, "INSERT INTO skald_projections (name) VALUES ($name) ON CONFLICT DO NOTHING"))
            {
                command.ExecuteNonQuery();
            }

            transaction.Commit();
            return connection;
        }
        catch (StoreSetupException)
        {
            connection.Dispose();
            throw;
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw SqliteStore.Translate(exception) is StoreUnavailableException unavailable
                ? unavailable
                : new StoreSetupException($"The tables of projection '{_name}' in '{file}' cannot be created: {exception.Message}", exception);
        }
    }

    private SqliteCommand Command(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$name", _name);
        return command;
    }

    private sealed class Unit : IProjectionUnit
    {
        private readonly SqliteTransaction _transaction;
        private readonly string _name;

        private Unit(SqliteTransaction transaction, string name, EventPosition position) => (_transaction, _name, Position) = (transaction, name, position);

        public DbTransaction Transaction => _transaction;

        public EventPosition Position { get; }

        public static Unit Begin(SqliteConnection connection, string name)
        {
            SqliteTransaction? transaction = null;
            try
            {
                // Not IMMEDIATE, which would lock an attached file as well: a rebuild still writes to its own.
                transaction = connection.BeginTransaction(deferred: true);
                using var command = connection.CreateCommand();
                command.CommandText = "UPDATE main.skald_projections SET name = name WHERE name = $name RETURNING tx, number";
                command.Parameters.AddWithValue("$name", name);
                using var row = command.ExecuteReader();
                return row.Read()
                    ? new Unit(transaction, name, new EventPosition(row.GetInt64(0), row.GetInt64(1)))
                    : throw new StoreUnavailableException($"The checkpoint of projection '{name}' is gone.");
            }
            catch (Exception exception)
            {
                transaction?.Dispose();
                // Whatever it is, the tables are not as they were left: they are looked for again.
                throw exception as StoreUnavailableException ?? new StoreUnavailableException(exception.Message, exception);
            }
        }

        public ValueTask CommitAsync(EventPosition position, CancellationToken cancellationToken)
        {
            try
            {
                using var command = _transaction.Connection!.CreateCommand();
                command.CommandText = "UPDATE main.skald_projections SET tx = $tx, number = $number, problem = NULL WHERE name = $name AND tx = $oldTx AND number = $oldNumber";
                command.Parameters.AddWithValue("$name", _name);
                command.Parameters.AddWithValue("$tx", position.Transaction);
                command.Parameters.AddWithValue("$number", position.Number);
                command.Parameters.AddWithValue("$oldTx", Position.Transaction);
                command.Parameters.AddWithValue("$oldNumber", Position.Number);
                if (command.ExecuteNonQuery() != 1)
                {
                    throw new SagaConcurrencyException($"The checkpoint of projection '{_name}' is no longer at {Position}.");
                }

                _transaction.Commit();
                return default;
            }
            catch (SqliteException exception)
            {
                throw SqliteStore.Translate(exception);
            }
        }

        public ValueTask DisposeAsync() => _transaction.DisposeAsync();
    }
}
