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

    public PostgresDatabase(PostgresDatabases databases, PostgresAddress address)
    {
        (_databases, _address) = (databases, address);
        var share = ConnectionShare.Of(address.MaxConnections);
        Statements = NpgsqlDataSource.Create(address.ForStatements(share.Statements));
        Reading = NpgsqlDataSource.Create(address.ForReading(share.Reading));
        Units = new Sessions(address.ForUnits(), share.Units, address.Patience);
        Projecting = new Sessions(address.ForProjecting(), share.Projecting, address.Patience);
        _listener = new Listener(address);
    }

    /// <summary>For the engine's statements that stand by themselves; they name their schema. Whoever has one waits for no other connection.</summary>
    public NpgsqlDataSource Statements { get; }

    /// <summary>For what people and tools ask, in statements that name their schema.</summary>
    public NpgsqlDataSource Reading { get; }

    /// <summary>For units of work.</summary>
    public Sessions Units { get; }

    /// <summary>For projections.</summary>
    public Sessions Projecting { get; }

    /// <summary>Set-up waits for other processes: one at a time does, or it would have all connections wait.</summary>
    public SemaphoreSlim SettingUp { get; } = new(1, 1);

    /// <summary>Opens a connection for people's code, which sees the tables of a schema; closing it gives it back.</summary>
    public async ValueTask<NpgsqlConnection> OpenReadingAsync(string schema, CancellationToken cancellationToken)
    {
        try
        {
            return await OpenReadingOnceAsync(schema, cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException exception) when (PostgresErrors.IsBroken(exception))
        {
            // It died while it lay in the pool, perhaps.
            Reading.Clear();
            return await OpenReadingOnceAsync(schema, cancellationToken).ConfigureAwait(false);
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

    /// <summary>One connection has broken: the others may have, too.</summary>
    public void ForgetConnections()
    {
        Statements.Clear();
        Reading.Clear();
        Units.Clear();
        Projecting.Clear();
    }

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
        await _listener.DisposeAsync().ConfigureAwait(false);
        await Statements.DisposeAsync().ConfigureAwait(false);
        await Reading.DisposeAsync().ConfigureAwait(false);
        await Units.DisposeAsync().ConfigureAwait(false);
        await Projecting.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<NpgsqlConnection> OpenReadingOnceAsync(string schema, CancellationToken cancellationToken)
    {
        var connection = await Reading.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
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

/// <summary>How the connections of a process are divided; one more listens.</summary>
/// <param name="Units">For units of work.</param>
/// <param name="Reading">For what people ask.</param>
/// <param name="Statements">For statements that stand by themselves; two at least, because one may wait in set-up.</param>
/// <param name="Projecting">For projections; two at least, because one may wait for the end of a rebuild.</param>
internal sealed record ConnectionShare(int Units, int Reading, int Statements, int Projecting)
{
    private const int Listening = 1;

    public static ConnectionShare Of(int most)
    {
        var (reading, statements, projecting) = (most / 4, Math.Max(2, most / 8), Math.Max(2, most / 8));
        return new ConnectionShare(most - reading - statements - projecting - Listening, reading, statements, projecting);
    }
}
