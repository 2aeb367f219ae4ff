using System.Diagnostics;
using Npgsql;

namespace Skald.PostgreSql;

/// <summary>
/// This process's right to the messages it has taken. It says now and then that it lives; who has not for the length of a
/// lease is given up for dead, and what it had taken is free again.
/// </summary>
internal sealed class BrokerLease(PostgresDatabase database, BrokerSql sql, TimeSpan length)
{
    private long _lastBeat;

    /// <summary>This process's id in the database. A new one when it was given up for dead.</summary>
    public long Owner { get; private set; }

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        Owner = await NewOwnerAsync(cancellationToken).ConfigureAwait(false);
        _lastBeat = Stopwatch.GetTimestamp();
    }

    /// <summary>Says that this process lives, and frees what dead ones had taken.</summary>
    /// <returns>Whether messages were freed, others' or its own: the queues have to be looked at again.</returns>
    public async Task<bool> BeatAsync()
    {
        var (alive, dead) = await SeeAsync().ConfigureAwait(false);
        // After a pause - the server was down, the machine slept - others get the time to say that they live, too.
        var mayJudge = Stopwatch.GetElapsedTime(_lastBeat) < length / 2;
        if (!alive)
        {
            // Given up for dead: what it had taken is with others, and its old id can do them no harm.
            Owner = await NewOwnerAsync(CancellationToken.None).ConfigureAwait(false);
        }

        _lastBeat = Stopwatch.GetTimestamp();
        var buries = mayJudge && dead.Count > 0;
        if (buries)
        {
            await database.TransactAsync((connection, transaction, token) => BuryAsync(dead, connection, transaction, token), CancellationToken.None).ConfigureAwait(false);
        }

        return buries || !alive;
    }

    /// <summary>A clean end: nothing of this process is left for others to wait for.</summary>
    public async Task EndAsync() => await database.ExecuteAsync(
        batch =>
        {
            AddFreeing(batch, [Owner]);
            batch.Add(sql.DeleteOwner).With(Owner);
        },
        CancellationToken.None).ConfigureAwait(false);

    private ValueTask<(bool Alive, List<long> Dead)> SeeAsync() => database.AskAsync(
        batch =>
        {
            batch.Add(sql.SeeOwner).With(Owner);
            batch.Add(sql.FindDead).With(Owner).With(length);
        },
        async (reader, token) =>
        {
            var alive = await StoreRows.ReadAsync(reader, r => r.GetInt64(0), token).ConfigureAwait(false);
            return (alive.Count > 0, await StoreRows.ReadAsync(reader, r => r.GetInt64(0), token).ConfigureAwait(false));
        },
        CancellationToken.None);

    /// <returns>How many were dead.</returns>
    private async ValueTask<int> BuryAsync(List<long> dead, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql.DeleteDead, connection, transaction);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. dead] });
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = length });
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                dead = await StoreRows.ReadAsync(reader, r => r.GetInt64(0), cancellationToken).ConfigureAwait(false);
            }
        }

        var batch = new NpgsqlBatch(connection, transaction);
        await using (batch.ConfigureAwait(false))
        {
            AddFreeing(batch, [.. dead]);
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        return dead.Count;
    }

    private void AddFreeing(NpgsqlBatch batch, long[] owners)
    {
        batch.Add(sql.FreeOwners).With(owners);
        batch.Add(sql.ForgetSleeper).With(owners);
        batch.Add(sql.WakeAll).With(Owner);
    }

    private async ValueTask<long> NewOwnerAsync(CancellationToken cancellationToken) =>
        // RETURNING gives one row.
        (await database.RowsAsync(batch => batch.Add(sql.InsertOwner), r => r.GetInt64(0), cancellationToken).ConfigureAwait(false))[0];
}
