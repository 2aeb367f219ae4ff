using Npgsql;

namespace Skald.PostgreSql;

/// <summary>Makes the partitions of the coming months ahead of time.</summary>
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
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // The rows are safe where they are.
        }
    }

    private Task MaintainAsync(CancellationToken cancellationToken) => SchemaUpdate.SetUpAsync(
        database,
        schema,
        async connection =>
        {
            foreach (var table in Tables)
            {
                await MakeAsync(connection, table, cancellationToken).ConfigureAwait(false);
            }
        },
        cancellationToken);

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
