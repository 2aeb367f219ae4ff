using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Skald.PostgreSql;

/// <summary>
/// The session in which all services of a process listen, each on its channel, and hold the locks that show that they live. It comes back by itself,
/// with everything that was in it.
/// </summary>
internal sealed class Listener(PostgresAddress address) : IAsyncDisposable
{
    private const int FirstMajorThatEndsIdleSessions = 14;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan TriesAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Ear> _ears = [];
    private CancellationTokenSource _news = new();
    private Task? _running;
    private bool _isConnected;
    private bool _isLost;

    public void Add(Ear ear)
    {
        lock (_lock)
        {
            if (!_ears.Contains(ear))
            {
                _ears.Add(ear);
                Tell();
            }

            _running ??= Task.Run(RunAsync);
        }
    }

    /// <summary>Returns when the server has heard of it, or will notice before long.</summary>
    public async Task RemoveAsync(Ear ear)
    {
        lock (_lock)
        {
            if (!_isConnected)
            {
                _ears.Remove(ear);
            }

            if (!_ears.Contains(ear))
            {
                return;
            }

            ear.Leaves = true;
            Tell();
        }

        await ear.Gone.WaitAsync(PostgresAddress.PingEvery, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_running is not null)
        {
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _stopping.Dispose();
        _news.Dispose();
    }

    // Elsewhere than under the lock.
    private void Tell() => _ = _news.CancelAsync();

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (!_stopping.IsCancellationRequested)
            {
                // Whatever it was, the next connection is the remedy: at once, for its locks show who lives.
                var isInVain = _isLost;
                Lose(exception);
                await Task.Delay(isInVain ? Pause : TimeSpan.Zero, TimeProvider.System, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(address.Alone);
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            connection.Notification += (_, notification) => Hear(notification);
            await LimitSilenceAsync(connection, cancellationToken).ConfigureAwait(false);
            var said = Stopwatch.GetTimestamp();
            while (true)
            {
                var (ears, news) = Attend();
                await TendAsync(connection, ears, cancellationToken).ConfigureAwait(false);
                var mayBeSilent = ears.TrueForAll(e => e.Listens) ? PostgresAddress.PingEvery : TriesAgainAfter;
                await WaitAsync(connection, mayBeSilent - Stopwatch.GetElapsedTime(said), news, cancellationToken).ConfigureAwait(false);
                if (Stopwatch.GetElapsedTime(said) >= mayBeSilent)
                {
                    // So that each side knows of the other: what the server says is no sign of life to it, however much it is.
                    await SchemaUpdate.RunAsync(connection, "SELECT 1", cancellationToken).ConfigureAwait(false);
                    said = Stopwatch.GetTimestamp();
                }
            }
        }
    }

    /// <summary>
    /// The server ends it when its process has stopped answering. While that lives, it says something now and then. And nobody's locked table keeps all the others.
    /// </summary>
    private async Task LimitSilenceAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var limits = $"SET lock_timeout = {(long)TriesAgainAfter.TotalMilliseconds}";
        if (connection.PostgreSqlVersion.Major >= FirstMajorThatEndsIdleSessions)
        {
            var longest = Math.Max(address.Lease.TotalMilliseconds, PostgresAddress.LongestSilence.TotalMilliseconds);
            limits += $"; SET idle_session_timeout = {(long)longest}";
        }

        await SchemaUpdate.RunAsync(connection, limits, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Those who are there, and what ends when others come or some go.</summary>
    private (List<Ear> Ears, CancellationToken News) Attend()
    {
        lock (_lock)
        {
            (_isConnected, _isLost) = (true, false);
            // The earlier one holds nothing that has to be disposed of, and may be telling somebody at this moment.
            _news = new CancellationTokenSource();
            return ([.. _ears], _news.Token);
        }
    }

    private async Task TendAsync(NpgsqlConnection connection, List<Ear> ears, CancellationToken cancellationToken)
    {
        // First of all that they live: others look at nothing else.
        foreach (var ear in ears.Where(ear => ear is { Leaves: false, Listens: false, Presence: not null }))
        {
            await TryAsync(ear, () => ear.Presence!.LockAsync(connection, cancellationToken)).ConfigureAwait(false);
        }

        foreach (var ear in ears)
        {
            if (ear.Leaves)
            {
                await PartAsync(connection, ear, cancellationToken).ConfigureAwait(false);
            }
            else if (!ear.Listens)
            {
                await GreetAsync(connection, ear, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task GreetAsync(NpgsqlConnection connection, Ear ear, CancellationToken cancellationToken)
    {
        var isGreeted = await TryAsync(ear, async () =>
        {
            await SchemaUpdate.RunAsync(connection, $"LISTEN \"{ear.Channel}\"", cancellationToken).ConfigureAwait(false);
            await (ear.Presence?.HoldAsync(connection, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
            (ear.Listens, ear.IsRefused) = (true, false);
        }).ConfigureAwait(false);
        if (isGreeted)
        {
            ear.Hear(null);
        }
    }

    private static async Task<bool> TryAsync(Ear ear, Func<Task> act)
    {
        try
        {
            await act().ConfigureAwait(false);
            return true;
        }
        catch (PostgresException exception) when (!PostgresErrors.IsBroken(exception))
        {
            // It concerns this one alone: its tables are gone, perhaps. The others go on, and it is tried again.
            if (!ear.IsRefused)
            {
                ear.IsRefused = true;
                ear.Logger.CannotListen(ear.Channel, exception);
            }

            return false;
        }
    }

    private async Task PartAsync(NpgsqlConnection connection, Ear ear, CancellationToken cancellationToken)
    {
        bool isLast;
        lock (_lock)
        {
            _ears.Remove(ear);
            isLast = _ears.TrueForAll(e => e.Channel != ear.Channel);
        }

        try
        {
            if (isLast)
            {
                await SchemaUpdate.RunAsync(connection, $"UNLISTEN \"{ear.Channel}\"", cancellationToken).ConfigureAwait(false);
            }

            await (ear.Presence?.ReleaseAsync(connection, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        }
        finally
        {
            // If it failed, the session has ended, and the lock with it.
            ear.Go();
        }
    }

    private static async Task WaitAsync(NpgsqlConnection connection, TimeSpan longest, CancellationToken news, CancellationToken cancellationToken)
    {
        if (longest < ShortestWait)
        {
            return;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(news, cancellationToken);
        try
        {
            await connection.WaitAsync(longest, ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Somebody has come, or wants to go.
        }
    }

    private void Hear(NpgsqlNotificationEventArgs notification)
    {
        List<Ear> ears;
        lock (_lock)
        {
            ears = _ears.FindAll(e => e.Channel == notification.Channel);
        }

        ears.ForEach(e => e.Hear(notification.Payload));
    }

    private void Lose(Exception exception)
    {
        List<Ear> ears;
        lock (_lock)
        {
            _isConnected = false;
            ears = [.. _ears];
            _ears.RemoveAll(e => e.Leaves);
        }

        foreach (var ear in ears)
        {
            ear.Lose();
            if (ear.Leaves)
            {
                ear.Go();
            }
        }

        // Once for each time that it is lost, not for every attempt to come back.
        if (!_isLost && ears is [var first, ..])
        {
            _isLost = true;
            first.Logger.ListenerLost($"{address}", exception);
        }
    }
}
