using Npgsql;

namespace Skald.PostgreSql;

/// <summary>Makes the partitions of the coming months ahead of time, and drops those of past months that are empty.</summary>
/// <remarks>A row whose month has no partition yet goes to the table's default partition, and moves when the month's is made.</remarks>
internal sealed class Partitions(PostgresDatabase database, string schema, TimeProvider time) : IAsyncDisposable
{
    private const int MonthsAhead = 2;
    private static readonly string[] Tables = ["skald_journal", "skald_ledger"];
    // As many rows go as come.
    private const string Cleaned = "autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0";
    private static readonly TimeSpan Interval = TimeSpan.FromHours(6);
    private ITimer? _timer;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await MaintainIfAllowedAsync(cancellationToken).ConfigureAwait(false);
        _timer ??= time.CreateTimer(_ => _ = MaintainOrWaitAsync(), null, Interval, Interval);
    }

    public ValueTask DisposeAsync() => _timer?.DisposeAsync() ?? default;

    private async Task MaintainOrWaitAsync()
    {
        try
        {
            await MaintainIfAllowedAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception) || exception is ObjectDisposedException)
        {
            // Two months are ready: there is time to try again.
        }
    }

    /// <summary>Who has rights on rows alone writes to the default partition, until somebody who may makes the month's.</summary>
    private async Task MaintainIfAllowedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await MaintainAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.LockNotAvailable)
        {
            // The rows are safe where they are, and an empty partition is dropped another time.
        }
    }

    private async Task MaintainAsync(CancellationToken cancellationToken)
    {
        // Each by itself: whoever holds one table and waits for the other would keep both from others.
        foreach (var maintain in (Func<NpgsqlConnection, string, CancellationToken, Task>[])[MakeAsync, DropEmptyAsync])
        {
            foreach (var table in Tables)
            {
                await SchemaUpdate.SetUpAsync(database, schema, connection => maintain(connection, table, cancellationToken), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What is written for a month of which there is no partition any more goes to the default one.</summary>
    private async Task DropEmptyAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        var parent = $"{Identifier.Quoted(schema)}.{table}";
        var current = Bucket.Of(time.GetUtcNow().AddMonths(-1));
        var past = await SchemaUpdate.TextsAsync(
            connection,
            $"SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass('{parent}') AND c.relname ~ '^{table}_[0-9]{{6}}$' AND c.relname < '{table}_{current}'",
            cancellationToken).ConfigureAwait(false);
        foreach (var partition in past.Select(name => $"{Identifier.Quoted(schema)}.{Identifier.Quoted(name)}"))
        {
            if (!await IsEmptyAsync(connection, partition, cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            // Who waits for the table keeps others waiting: not for long. In this order, so that nobody waits in a circle.
            await SchemaUpdate.RunAsync(connection, $"SET LOCAL lock_timeout = '500ms'; LOCK TABLE ONLY {parent}, ONLY {partition} IN ACCESS EXCLUSIVE MODE", cancellationToken).ConfigureAwait(false);
            if (await IsEmptyAsync(connection, partition, cancellationToken).ConfigureAwait(false))
            {
                await SchemaUpdate.RunAsync(connection, $"DROP TABLE {partition}", cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<bool> IsEmptyAsync(NpgsqlConnection connection, string partition, CancellationToken cancellationToken) =>
        !await SchemaUpdate.ExistsAsync(connection, $"SELECT 1 FROM {partition} LIMIT 1", cancellationToken).ConfigureAwait(false);

    private async Task MakeAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        var parent = $"{Identifier.Quoted(schema)}.{table}";
        for (var month = 0; month <= MonthsAhead; month++)
        {
            var bucket = Bucket.Of(time.GetUtcNow().AddMonths(month));
            var partition = $"{parent}_{bucket}";
            if (await SchemaUpdate.ExistsAsync(connection, $"SELECT 1 WHERE to_regclass('{partition}') IS NOT NULL", cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            await SchemaUpdate.RunAsync(
                connection,
                $"CREATE TABLE {partition} (LIKE {parent} INCLUDING DEFAULTS) WITH ({Cleaned}); LOCK TABLE {parent}_other IN ACCESS EXCLUSIVE MODE; " +
                $"WITH moved AS (DELETE FROM {parent}_other WHERE bucket = {bucket} RETURNING *) INSERT INTO {partition} SELECT * FROM moved; " +
                $"ALTER TABLE {parent} ATTACH PARTITION {partition} FOR VALUES IN ({bucket})",
                cancellationToken).ConfigureAwait(false);
        }
    }
}
