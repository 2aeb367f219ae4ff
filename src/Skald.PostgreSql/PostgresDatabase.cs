using System.Diagnostics;
using Npgsql;

namespace Skald.PostgreSql;

/// <summary>
/// All connections of a process to one database: however many services there are, they share these. Each kind has a bound of its own, so that who
/// holds one may wait for one of another kind: units of work and projections may wait for statements and for reading, and those for nobody.
/// </summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly PostgresDatabases _databases;
    private readonly PostgresAddress _address;
    private readonly Listener _listener;
    private readonly ServerWatch _watch;
    private readonly Pools _pools;

    public PostgresDatabase(PostgresDatabases databases, PostgresAddress address)
    {
        (_databases, _address) = (databases, address);
        _pools = new Pools(address);
        _watch = new ServerWatch(KnockAsync, isHeld => _pools.Forget(isHeld), address.ConnectsWithin, address.WaitsForServer, address.AnswersWithin);
        _listener = new Listener(address);
    }

    /// <summary>Whoever has dead rows cleared away has a connection of his own for it: one at a time.</summary>
    public SemaphoreSlim Cleaning { get; } = new(1, 1);

    /// <summary>For what people and tools ask, in statements that name their schema.</summary>
    public Pool Reading => _pools.Reading;

    /// <summary>For units of work.</summary>
    public Sessions Units => _pools.Units;

    /// <summary>For projections.</summary>
    public Sessions Projecting => _pools.Projecting;

    /// <summary>Set-up waits for other processes: one at a time does, or it would have all connections wait.</summary>
    public SemaphoreSlim SettingUp { get; } = new(1, 1);

    /// <inheritdoc cref="ServerWatch.RunAsync"/>
    public ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken) => _watch.RunAsync(ask, cancellationToken);

    /// <inheritdoc cref="ServerWatch.TakeAsync"/>
    public ValueTask<Session> TakeUnitAsync(string schema, CancellationToken cancellationToken) => _watch.TakeAsync(token => Units.OpenAsync(schema, token), cancellationToken);

    /// <inheritdoc cref="ServerWatch.IsSilent"/>
    public bool IsSilent => _watch.IsSilent;

    /// <inheritdoc cref="ServerWatch.AnswersAsync"/>
    public Task AnswersAsync() => _watch.AnswersAsync();

    /// <summary>Runs statements that stand by themselves, in one round trip and one transaction, and reads what they answer; they name their schema.</summary>
    /// <exception cref="NpgsqlException">The server is away, has not answered in time, or refuses.</exception>
    public ValueTask<T> AskAsync<T>(Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken) =>
        RunAsync(token => AskOnceAsync(_pools.Statements, fill, read, token), cancellationToken);

    /// <summary>The same, for what people and tools ask.</summary>
    /// <inheritdoc cref="AskAsync"/>
    public ValueTask<T> AskReadingAsync<T>(Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken) =>
        _watch.RunAsync(token => AskOnceAsync(_pools.Reading, fill, read, token), cancellationToken, hurries: true);

    /// <summary>The same, for the rows of the first result.</summary>
    /// <inheritdoc cref="AskAsync"/>
    public ValueTask<List<T>> RowsAsync<T>(Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        AskAsync(fill, (reader, token) => StoreRows.ReadAsync(reader, read, token), cancellationToken);

    /// <summary>The same, for how many rows were written.</summary>
    /// <inheritdoc cref="AskAsync"/>
    public ValueTask<int> ExecuteAsync(Action<NpgsqlBatch> fill, CancellationToken cancellationToken) => AskAsync(
        fill,
        async (reader, token) =>
        {
            while (await reader.NextResultAsync(token).ConfigureAwait(false))
            {
            }

            return reader.RecordsAffected;
        },
        cancellationToken);

    /// <summary>Opens a connection for people's code, which sees the tables of a schema; closing it gives it back.</summary>
    public async ValueTask<NpgsqlConnection> OpenReadingAsync(string schema, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        try
        {
            return await _watch.RunAsync(token => OpenReadingOnceAsync(schema, token), cancellationToken, hurries: true).ConfigureAwait(false);
        }
        catch (NpgsqlException exception) when (PostgresErrors.IsBroken(exception))
        {
            // It died while it lay in the pool, perhaps.
            ForgetConnections(begun);
            return await _watch.RunAsync(token => OpenReadingOnceAsync(schema, token), cancellationToken, hurries: true).ConfigureAwait(false);
        }
    }

    /// <summary>Opens a connection that nobody shares, for the rare work that holds one for long.</summary>
    public async ValueTask<Session> OpenAloneAsync(string schema, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(_address.Alone);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            await SchemaUpdate.RunAsync(connection, Sessions.Search(schema), cancellationToken).ConfigureAwait(false);
            return new Session(connection);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Has somebody hear what is said on his channel, and others see that he lives.</summary>
    public void Listen(Ear ear) => _listener.Add(ear);

    /// <inheritdoc cref="ServerWatch.Breaks"/>
    public void ForgetConnections(long since) => _watch.Breaks(since);

    /// <summary>Gives a share back. With the last one all connections are closed.</summary>
    /// <param name="ear">What was heard with; null for nothing.</param>
    public async ValueTask ReleaseAsync(Ear? ear)
    {
        if (!_databases.Release(_address))
        {
            await (ear is null ? Task.CompletedTask : _listener.RemoveAsync(ear)).ConfigureAwait(false);
            return;
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync().ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        await _pools.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>On a connection of its own and on one that there is: whichever answers, the server is there.</summary>
    private async Task KnockAsync()
    {
        var (anew, again) = (KnockAnewAsync(), KnockAgainAsync());
        ServerWatch.Observe(anew);
        ServerWatch.Observe(again);
        await Task.WhenAny(anew, again).ConfigureAwait(false);
        if (!again.IsCompletedSuccessfully)
        {
            // One that there is breaks with the server, and says nothing of a new one.
            await (anew is { IsFaulted: true } && !again.IsCompleted ? again : anew).ConfigureAwait(false);
        }
    }

    private async Task KnockAnewAsync()
    {
        var connection = new NpgsqlConnection(_address.Alone);
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync().ConfigureAwait(false);
            // What lets in may be something in front of the server.
            var command = new NpgsqlCommand("SELECT 1", connection) { CommandTimeout = 0 };
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task KnockAgainAsync() => await AskOnceAsync(_pools.Statements, batch => batch.Add("SELECT 1"), (_, _) => new ValueTask<bool>(true), CancellationToken.None).ConfigureAwait(false);

    private static async ValueTask<T> AskOnceAsync<T>(
        Pool pool, Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        var connection = await pool.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var batch = connection.CreateBatch();
            await using (batch.ConfigureAwait(false))
            {
                fill(batch);
                // Whoever asks sees to it.
                batch.Timeout = 0;
                var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    return await read(reader, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private async ValueTask<NpgsqlConnection> OpenReadingOnceAsync(string schema, CancellationToken cancellationToken)
    {
        var connection = await Reading.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Undone when it is given back.
            await SchemaUpdate.RunAsync(connection, Sessions.Search(schema), cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
