using System.Diagnostics;
using Npgsql;

namespace Skald.PostgreSql;

/// <summary>
/// Has the server clear away the dead rows of tables that have many of them. By itself it looks once a minute (autovacuum_naptime): by then a table
/// that is emptied as fast as it fills has grown by what a minute writes.
/// </summary>
/// <remarks>Where the service's role does not own the tables, the server answers with a warning and leaves them to itself.</remarks>
/// <param name="database">The database.</param>
/// <param name="schema">The schema's name, unquoted.</param>
internal sealed class DeadRows(PostgresDatabase database, string schema)
{
    /// <summary>At most one part in so many of the time is spent on it: while somebody reads for long, nothing can be cleared.</summary>
    private const int ShareOfTime = 10;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(5);

    private long _ended;
    private TimeSpan _pause;

    /// <param name="tables">The statement that names them.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    public async ValueTask ClearAsync(string tables, CancellationToken cancellationToken)
    {
        if (_ended != 0 && Stopwatch.GetElapsedTime(_ended) < _pause)
        {
            return;
        }

        if (!await database.Cleaning.WaitAsync(0, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var begun = Stopwatch.GetTimestamp();
        try
        {
            var names = await database.RowsAsync(batch => _ = batch.Add(tables), row => row.GetString(0), cancellationToken).ConfigureAwait(false);
            if (names.Count > 0)
            {
                await database.RunAsync(token => ClearAsync(names, token), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            database.Cleaning.Release();
            _ended = Stopwatch.GetTimestamp();
            var took = Stopwatch.GetElapsedTime(begun, _ended) * ShareOfTime;
            _pause = took > ShortestPause ? took : ShortestPause;
        }
    }

    /// <summary>Outside of any transaction. Tables keep their size, for the rows to come, and one that the server is just clearing itself is left to it.</summary>
    private async ValueTask<bool> ClearAsync(List<string> names, CancellationToken cancellationToken)
    {
        var session = await database.OpenAloneAsync(schema, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var tables = string.Join(", ", names.Select(name => $"{Identifier.Quoted(schema)}.{Identifier.Quoted(name)}"));
            // Whoever asks sees to it.
            var command = new NpgsqlCommand($"VACUUM (SKIP_LOCKED, TRUNCATE false) {tables}", session.Connection) { CommandTimeout = 0 };
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                return true;
            }
        }
    }
}
