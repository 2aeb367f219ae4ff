using Npgsql;

namespace Skald.PostgreSql;

/// <summary>
/// Room for one connection. It is a pool of one: whoever uses it gets an object of his own, and what somebody still does with an earlier one reaches
/// nobody.
/// </summary>
internal sealed class SessionPlace(NpgsqlConnectionStringBuilder each) : IAsyncDisposable
{
    // Whatever another service's code may have left in a session that outlives a transaction.
    private static readonly string[] LeftBehind = ["RESET ALL", "CLOSE ALL", "UNLISTEN *", "SELECT pg_advisory_unlock_all()", "DISCARD TEMP", "DISCARD SEQUENCES"];

    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(each.ConnectionString) { Pooling = true, MinPoolSize = 0, MaxPoolSize = 1 });
    private int _process;

    /// <summary>What its session searches; null for nothing yet.</summary>
    public string? Schema { get; private set; }

    public async ValueTask<NpgsqlConnection> OpenAsync(string schema, CancellationToken cancellationToken)
    {
        var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var isNew = connection.ProcessID != _process;
            if (isNew || schema != Schema)
            {
                Schema = null;
                await TurnAsync(connection, isNew, schema, cancellationToken).ConfigureAwait(false);
                (Schema, _process) = (schema, connection.ProcessID);
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public void Clear() => _source.Clear();

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static async ValueTask TurnAsync(NpgsqlConnection connection, bool isNew, string schema, CancellationToken cancellationToken)
    {
        if (!isNew)
        {
            // A statement that was prepared for other tables of the same names fails when those have other columns. There is no asynchronous form.
            connection.UnprepareAll();
        }

        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            foreach (var statement in isNew ? [] : LeftBehind)
            {
                batch.Add(statement);
            }

            batch.Add(Sessions.Search(schema));
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
