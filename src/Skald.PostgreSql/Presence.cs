using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>
/// That this instance lives: a lock that its process's listening session holds. The server frees it at the moment the process dies, and soon after it
/// has stopped answering. Nothing is written meanwhile.
/// </summary>
internal sealed class Presence(PostgresDatabase database, StoreSql sql, TimeSpan lease)
{
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _number;
    private volatile bool _isHeld;
    private bool _isLocked;
    private volatile bool _wasLost;
    private long _heldSince;

    /// <summary>This instance's number; 0 before others can tell that it lives.</summary>
    public long Number => _held.Task.IsCompleted ? _number : 0;

    /// <summary>Ends when others can tell that it lives.</summary>
    public Task Held => _held.Task;

    /// <summary>
    /// Whether others that seem gone may be taken for gone. While this one has no session itself, and for a while after, they get the time to
    /// come back, too.
    /// </summary>
    public bool MayJudge => _isHeld && (!_wasLost || Stopwatch.GetElapsedTime(Volatile.Read(ref _heldSince)) > lease);

    /// <summary>Draws a number.</summary>
    public async ValueTask<long> DrawAsync(string[]? knows, CancellationToken cancellationToken) => (await database.RowsAsync(
        batch =>
        {
            batch.Add(sql.ForgetGone);
            batch.Add(sql.Join).With(knows).With(InstanceRow.ThisProcess);
        },
        r => r.GetInt64(0),
        cancellationToken).ConfigureAwait(false))[0]; // RETURNING gives one row.

    /// <summary>Takes a number that was drawn, once: one that comes late is nobody's.</summary>
    /// <param name="number">The number.</param>
    /// <param name="knows">The plans that this instance knows; null for all.</param>
    public void Take(long number, string[]? knows)
    {
        if (Interlocked.CompareExchange(ref _number, number, 0) == 0)
        {
            Knows = knows;
        }
    }

    /// <summary>The plans that this instance knows; null for all, as before it has joined.</summary>
    public string[]? Knows { get; private set; }

    public ValueTask<int> LeaveAsync(CancellationToken cancellationToken) => database.ExecuteAsync(batch => batch.Add(sql.Leave).With(_number), cancellationToken);

    /// <summary>Takes the lock, in a session that may have it already.</summary>
    public async Task LockAsync(NpgsqlConnection session, CancellationToken cancellationToken)
    {
        if (!_isLocked)
        {
            // Once: locks are counted.
            await SchemaUpdate.RunAsync(session, sql.HoldLock(_number), cancellationToken).ConfigureAwait(false);
            _isLocked = true;
        }
    }

    /// <summary>Holds the lock, and says that it lives to whoever has taken it for gone.</summary>
    public async Task HoldAsync(NpgsqlConnection session, CancellationToken cancellationToken)
    {
        await LockAsync(session, cancellationToken).ConfigureAwait(false);
        await using (var revive = new NpgsqlCommand(sql.Revive, session))
        {
            revive.Parameters.Add(new NpgsqlParameter { Value = _number });
            revive.Parameters.Add(new NpgsqlParameter { Value = (object?)Knows ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
            revive.Parameters.Add(new NpgsqlParameter { Value = InstanceRow.ThisProcess });
            await revive.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        Volatile.Write(ref _heldSince, Stopwatch.GetTimestamp());
        _isHeld = true;
        _held.TrySetResult();
    }

    /// <summary>Frees the lock, in the session that holds it and goes on.</summary>
    public async Task ReleaseAsync(NpgsqlConnection session, CancellationToken cancellationToken)
    {
        _isHeld = false;
        if (_isLocked)
        {
            await SchemaUpdate.RunAsync(session, sql.FreeLock(_number), cancellationToken).ConfigureAwait(false);
            _isLocked = false;
        }
    }

    /// <summary>The session has ended.</summary>
    public void Lost()
    {
        _isLocked = false;
        _wasLost |= _held.Task.IsCompleted;
        _isHeld = false;
    }
}
