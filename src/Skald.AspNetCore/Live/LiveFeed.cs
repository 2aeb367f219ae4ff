using System.Globalization;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Skald;

/// <summary>
/// Shows changes to all who listen, as server-sent events. The source is asked once for all of them, and not at all while nobody listens. Whoever comes back
/// with the last id it saw gets what changed since; whoever does not read is cut off.
/// </summary>
/// <remarks>Events of the type <c>ping</c> say that the listener has seen all there is; they come every 15 seconds, too.</remarks>
/// <param name="eventType">The type of the events.</param>
/// <param name="source">Knows what has changed.</param>
/// <param name="time">The clock of its looks.</param>
/// <param name="stopping">The process stops: listeners go elsewhere.</param>
/// <param name="options">How many may listen; the defaults unless given.</param>
/// <param name="logger">Told when the source fails; nobody unless given.</param>
/// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
public sealed class LiveFeed(string eventType, ILiveSource source, TimeProvider time, CancellationToken stopping, LiveFeedOptions? options = null, ILogger? logger = null)
{
    private const int AtOnce = 50;
    private const int Kept = 500;
    private const int GroupSize = 50;

    private static readonly TimeSpan SourceMayTake = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(15);
    private static readonly ReadOnlyMemory<byte> Ping = "event: ping\ndata: \n\n"u8.ToArray();

    private readonly LiveFeedOptions _options = (options ?? new LiveFeedOptions()).Checked();
    private readonly ListenerLimit _limit = new((options ?? new LiveFeedOptions()).Checked());
    private readonly Lock _lock = new();
    private readonly List<Listener> _listeners = [];
    private Task<LatestItems>? _begun;
    private Task _catchingUp = Task.CompletedTask;

    /// <summary>Sends changes until the listener leaves, the process stops, or the source fails. 503 when there are too many.</summary>
    /// <param name="http">The request. It has no deadline from now on.</param>
    public async Task FollowAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        await _limit.AdmitAsync(http, () => SendAsync(http));
    }

    private async Task SendAsync(HttpContext http)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, http.RequestAborted);
        var last = long.TryParse(http.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var known) ? known : (long?)null;
        var listener = new Listener(http.Abort);
        try
        {
            var (missed, isAll) = await MissedAsync(listener, last, ended.Token);
            http.Response.ContentType = "text/event-stream";
            http.Response.Headers.CacheControl = "no-cache,no-store";
            // For proxies of nginx's kind.
            http.Response.Headers["X-Accel-Buffering"] = "no";
            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await WriteAsync(http, await TextAsync(missed), ended.Token);
            while (!isAll)
            {
                (missed, isAll) = await MissedAsync(listener, missed.Count > 0 ? missed[^1].Number : null, ended.Token);
                await WriteAsync(http, await TextAsync(missed), ended.Token);
            }

            await WriteAsync(http, Ping, ended.Token);
            await foreach (var text in listener.Text.ReadAllAsync(ended.Token))
            {
                await WriteAsync(http, text, ended.Token);
            }
        }
        finally
        {
            // Nobody may cut off what is no longer ours.
            listener.End();
            lock (_lock)
            {
                _listeners.Remove(listener);
            }
        }
    }

    /// <summary>What came before; when that is all of it, it listens from now on.</summary>
    private async Task<(IReadOnlyList<LiveItem> Items, bool IsAll)> MissedAsync(Listener listener, long? last, CancellationToken cancellationToken)
    {
        while (true)
        {
            var begun = Begun();
            var latest = await begun.WaitAsync(cancellationToken);
            lock (_lock)
            {
                if (_begun != begun)
                {
                    // It has ended meanwhile.
                    continue;
                }

                if (last is null || last >= latest.ForgottenUpTo)
                {
                    _listeners.Add(listener);
                    return (last is { } known ? latest.After(known) : latest.Newest(AtOnce), true);
                }
            }

            return (await CatchUpAsync(last.Value, cancellationToken), false);
        }
    }

    /// <summary>For one that was away for long: the source knows, and is not asked by many at once.</summary>
    private async Task<IReadOnlyList<LiveItem>> CatchUpAsync(long last, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_lock)
        {
            (before, _catchingUp) = (_catchingUp, done.Task);
        }

        try
        {
            await before.WaitAsync(cancellationToken);
            return await InTimeAsync(token => source.ChangedSinceAsync(last, AtOnce, token));
        }
        finally
        {
            done.SetResult();
        }
    }

    private Task<LatestItems> Begun()
    {
        var begun = new TaskCompletionSource<LatestItems>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_begun is not null)
            {
                return _begun;
            }

            _begun = begun.Task;
        }

        // Some databases' calls keep their thread: nobody waits for the lock meanwhile, and it may have ended before this returns.
        _ = RunAsync(begun);
        return begun.Task;
    }

    private async Task RunAsync(TaskCompletionSource<LatestItems> begun)
    {
        try
        {
            var latest = new LatestItems(Kept);
            latest.Begin(await InTimeAsync(token => source.NewestAsync(AtOnce, token)));
            begun.SetResult(latest);
            await LookAsync(latest);
        }
        catch (Exception exception)
        {
            // Whatever it is, those who listen come back, and the source is asked again then.
            begun.TrySetException(exception);
            if (logger is not null && !stopping.IsCancellationRequested)
            {
                logger.LiveSourceFailed(eventType, exception);
            }

            List<Listener> left;
            lock (_lock)
            {
                left = [.. _listeners];
                _begun = null;
            }

            left.ForEach(listener => listener.End());
        }
    }

    /// <summary>Ends when nobody has listened for a while.</summary>
    private async Task LookAsync(LatestItems latest)
    {
        using var timer = new PeriodicTimer(_options.LookEvery, time);
        var (said, heard) = (time.GetTimestamp(), time.GetTimestamp());
        while (await timer.WaitForNextTickAsync(stopping))
        {
            lock (_lock)
            {
                if (_listeners.Count == 0)
                {
                    if (time.GetElapsedTime(heard) < PingEvery)
                    {
                        continue;
                    }

                    _begun = null;
                    return;
                }
            }

            heard = time.GetTimestamp();
            var changed = await InTimeAsync(token => source.ChangedSinceAsync(latest.Last, Kept, token));
            if (changed.Count > 0 || time.GetElapsedTime(said) >= PingEvery)
            {
                said = heard;
                await TellAsync(latest, changed, (byte[])[.. (await TextAsync(changed)).Span, .. Ping.Span]);
            }
        }
    }

    private async Task TellAsync(LatestItems latest, IReadOnlyList<LiveItem> changed, ReadOnlyMemory<byte> text)
    {
        List<Listener> listeners;
        lock (_lock)
        {
            foreach (var item in changed)
            {
                latest.Add(item);
            }

            listeners = [.. _listeners];
        }

        // A few at a time: a thousand writes at once would keep everybody else waiting behind them.
        var groups = listeners.Chunk(GroupSize).ToList();
        foreach (var group in groups)
        {
            Array.ForEach(group, listener => listener.Offer(text));
            await Task.Delay(_options.LookEvery / 2 / groups.Count, time, stopping);
        }
    }

    /// <exception cref="TimeoutException">The source does not answer.</exception>
    private async Task<IReadOnlyList<LiveItem>> InTimeAsync(Func<CancellationToken, Task<IReadOnlyList<LiveItem>>> ask)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(SourceMayTake);
        return await ask(limit.Token).WaitAsync(SourceMayTake, time, stopping);
    }

    /// <summary>The text that all listeners are sent, written once.</summary>
    private async Task<ReadOnlyMemory<byte>> TextAsync(IReadOnlyList<LiveItem> items)
    {
        using var text = new MemoryStream();
        await SseFormatter.WriteAsync(Events(items), text, stopping);
        return text.ToArray();
    }

    private async IAsyncEnumerable<SseItem<string>> Events(IReadOnlyList<LiveItem> items)
    {
        await Task.CompletedTask;
        foreach (var item in items)
        {
            yield return new SseItem<string>(item.Data, eventType) { EventId = item.Number.ToString(CultureInfo.InvariantCulture) };
        }
    }

    private static async Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        await http.Response.Body.WriteAsync(text, cancellationToken);
        await http.Response.Body.FlushAsync(cancellationToken);
    }
}
