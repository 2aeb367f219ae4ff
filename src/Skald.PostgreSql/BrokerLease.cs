using System.Diagnostics;
using Npgsql;

namespace Skald.PostgreSql;

/// <summary>
/// The name under which this process takes messages, and says now and then that it lives. Who has not for the length of a lease is given up for dead.
/// What belongs to a name that is not there is freed by whoever looks next, and under such a name nothing is taken: a process that does not know what it
/// has takes a new one.
/// </summary>
internal sealed class BrokerLease(PostgresDatabase database, BrokerSql sql, TimeSpan length)
{
    private long _lastBeat;
    private bool _isInDoubt;

    // What was begun under a name may be committed after the name was given up: then it is looked for once more.
    private long? _looksAgainSince;

    /// <summary>All the names this process has had, ids in the database; the last one is its own. None is ever used again.</summary>
    public long[] Names { get; private set; } = [];

    /// <summary>This process's name.</summary>
    public long Owner => Names[^1];

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        Names = [await NewOwnerAsync(cancellationToken).ConfigureAwait(false)];
        _lastBeat = Stopwatch.GetTimestamp();
        _looksAgainSince = _lastBeat;
    }

    /// <summary>Something was to be taken, and nobody knows whether it was.</summary>
    public void Doubt() => _isInDoubt = true;

    /// <summary>To be called before something is taken.</summary>
    public ValueTask SettleAsync() => _isInDoubt ? RenewAsync() : ValueTask.CompletedTask;

    /// <summary>Says that this process lives, and frees what dead ones had taken.</summary>
    /// <returns>Whether messages were freed, others' or its own: the queues have to be looked at again.</returns>
    public async Task<bool> BeatAsync()
    {
        var (alive, dead) = await SeeAsync().ConfigureAwait(false);
        // After a pause - the server was down, the machine slept - others get the time to say that they live, too.
        var buries = Stopwatch.GetElapsedTime(_lastBeat) < length / 2 && dead.Count > 0;
        var looks = buries || (_looksAgainSince is { } since && Stopwatch.GetElapsedTime(since) > length);
        _lastBeat = Stopwatch.GetTimestamp();
        if (looks)
        {
            await BuryAsync(buries ? dead : []).ConfigureAwait(false);
            _looksAgainSince = null;
        }

        var renews = !alive || _isInDoubt;
        if (renews)
        {
            await RenewAsync().ConfigureAwait(false);
        }

        return looks || renews;
    }

    /// <summary>A clean end: nothing of this process is left for others to wait for.</summary>
    public async Task EndAsync() => await LeaveAsync(Names).ConfigureAwait(false);

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

    // Not those that have shown since that they live.
    private async ValueTask BuryAsync(List<long> dead) => await database.ExecuteAsync(
        batch =>
        {
            batch.Add(sql.DeleteDead).With(dead.ToArray()).With(length);
            AddFreeing(batch);
        },
        CancellationToken.None).ConfigureAwait(false);

    /// <summary>What it had taken is with others, or will be; those recognise what it has dealt with.</summary>
    private async ValueTask RenewAsync()
    {
        _isInDoubt = true;
        var former = Names;
        Names = [.. former, await NewOwnerAsync(CancellationToken.None).ConfigureAwait(false)];
        await LeaveAsync(former).ConfigureAwait(false);
        (_isInDoubt, _looksAgainSince) = (false, Stopwatch.GetTimestamp());
    }

    private async ValueTask LeaveAsync(long[] names) => await database.ExecuteAsync(
        batch =>
        {
            batch.Add(sql.DeleteOwners).With(names);
            AddFreeing(batch);
        },
        CancellationToken.None).ConfigureAwait(false);

    private void AddFreeing(NpgsqlBatch batch)
    {
        batch.Add(sql.FreeOrphans);
        batch.Add(sql.ForgetSleepers);
        batch.Add(sql.WakeAll).With(Owner);
    }

    private async ValueTask<long> NewOwnerAsync(CancellationToken cancellationToken) =>
        // RETURNING gives one row.
        (await database.RowsAsync(batch => batch.Add(sql.InsertOwner), r => r.GetInt64(0), cancellationToken).ConfigureAwait(false))[0];
}
