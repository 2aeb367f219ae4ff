using Npgsql;

namespace Skald.PostgreSql;

/// <summary>
/// Room for one connection. It is a pool of one: whoever uses it gets an object of his own, and what somebody still does with an earlier one reaches
/// nobody.
/// </summary>
internal sealed class SessionPlace : IAsyncDisposable
{
    // Whatever another service's code may have left in a session that outlives a transaction.
    private static readonly string[] LeftBehind =
        ["SET SESSION AUTHORIZATION DEFAULT", "RESET ALL", "CLOSE ALL", "UNLISTEN *", "SELECT pg_advisory_unlock_all()", "DISCARD TEMP", "DISCARD SEQUENCES"];

    private readonly NpgsqlDataSource _source;
    private readonly bool _isReset;
    private readonly string _first;
    private bool _isNew;
    private volatile bool _isCold = true;

    // Which one was turned last: with several hosts there may be one of each.
    private (string? Host, int Process) _turned;

    /// <param name="each">How each of them is opened.</param>
    /// <param name="schema">What its sessions search when they are opened, and when they were reset.</param>
    public SessionPlace(NpgsqlConnectionStringBuilder each, string schema)
    {
        (_isReset, _first) = (!each.NoResetOnClose, schema);
        var builder = new NpgsqlDataSourceBuilder(each.ConnectionString)
        {
            ConnectionStringBuilder = { Pooling = true, MinPoolSize = 0, MaxPoolSize = 1, SearchPath = $"{schema},public" },
        };
        // The pool opens another session when the last one broke or was idle for long.
        builder.UsePhysicalConnectionInitializer(_ => _isNew = true, _ =>
        {
            _isNew = true;
            return Task.CompletedTask;
        });
        _source = builder.Build();
    }

    /// <summary>Whether its connection has yet to be opened, as far as that is known here.</summary>
    public bool IsCold => _isCold;

    /// <summary>What its session searches; null for nothing yet.</summary>
    public string? Schema { get; private set; }

    public async ValueTask<NpgsqlConnection> OpenAsync(string schema, CancellationToken cancellationToken)
    {
        var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        _isCold = false;
        try
        {
            var session = (connection.Host, connection.ProcessID);
            if (_isNew || schema != Schema || session != _turned)
            {
                Schema = null;
                if (!_isNew || schema != _first)
                {
                    await TurnAsync(connection, schema, cancellationToken).ConfigureAwait(false);
                }

                (Schema, _isNew, _turned) = (schema, false, session);
            }
            else if (_isReset && schema != _first)
            {
                await SchemaUpdate.RunAsync(connection, Sessions.Search(schema), cancellationToken).ConfigureAwait(false);
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public void Clear()
    {
        _isCold = true;
        _source.Clear();
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async ValueTask TurnAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        if (!_isNew)
        {
            // A statement that was prepared for other tables of the same names fails when those have other columns. There is no asynchronous form.
            connection.UnprepareAll();
        }

        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            foreach (var statement in _isNew ? [] : LeftBehind)
            {
                batch.Add(statement);
            }

            batch.Add(Sessions.Search(schema));
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
