using Skald.Diagnostics;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// Removes what nobody needs any more: sagas and flows some time after their end, and rows that have only their age. A piece at a time, through the lanes:
/// the next one waits until the one before it is committed, so that messages go on between them.
/// </summary>
/// <param name="setup">The service.</param>
/// <param name="store">Its store; one without <see cref="IRetention"/> keeps everything.</param>
/// <param name="lanes">Remove sagas and flows.</param>
internal sealed class RetentionLoop(ServiceSetup setup, StoreAccess store, Lanes lanes)
{
    private const int FoundAtOnce = 2000;
    private const int FirstPiece = 20;
    private const int LargestPiece = 200;
    private const int BytesOfPiece = 2 << 20;
    private const int OldPiece = 1000;
    private const int LooksInTime = 10;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    private int _piece = FirstPiece;
    private DateTimeOffset _nextOld;

    private readonly Archive? _archive = setup.Options.ArchiveFolder is { } folder ? new Archive(folder, setup, store) : null;

    private TimeSpan Pause
    {
        get
        {
            var options = setup.Options;
            var shortest = new[] { options.EndedKeptFor, options.RemovedKnownFor, options.CopiesComeWithin, options.RequestsKeptFor }.Min() / LooksInTime;
            return shortest < ShortestPause ? ShortestPause : shortest > LongestPause ? LongestPause : shortest;
        }
    }

    /// <summary>Runs until the service stops.</summary>
    public async Task RunAsync()
    {
        if (store.Store.Retention is not { } retention)
        {
            return;
        }

        while (!setup.IsStopping)
        {
            if (!store.Serves || !await TryAsync(retention))
            {
                await setup.PauseAsync(Pause);
            }
        }
    }

    /// <returns>Whether there is more to remove.</returns>
    private async Task<bool> TryAsync(IRetention retention)
    {
        try
        {
            return await AskAsync(() => retention.IsForThisInstanceAsync(setup.Stopping))
                && (await RemoveEndedAsync(retention) | await RemoveOldAsync(retention) | await AskAsync(() => retention.ShrinkAsync(setup.Stopping)));
        }
        catch (Exception exception) when (setup.IsStopping || exception is StoreUnavailableException or SagaConcurrencyException)
        {
            // What is away is said by those who need it; what was not removed is found again.
            return false;
        }
        catch (Exception exception)
        {
            setup.Logger.RetentionFailed(setup.Service, exception);
            return false;
        }
    }

    private async Task<bool> RemoveEndedAsync(IRetention retention)
    {
        var options = setup.Options;
        var query = new EndedQuery(
            (store.Now - options.EndedKeptFor).ToUnixTimeMilliseconds(),
            // Somebody who knows their version may come, and tell their participants.
            (store.Now - (2 * options.EndedKeptFor)).ToUnixTimeMilliseconds(), options.MostEndedKept, FoundAtOnce);
        var ended = await AskAsync(() => retention.FindEndedAsync(query, setup.Stopping));
        for (var (sagas, flows) = (0, 0); sagas < ended.Sagas.Count || flows < ended.Flows.Count;)
        {
            var piece = new Ended([.. ended.Sagas.Skip(sagas).Take(_piece)], [.. ended.Flows.Skip(flows).Take(_piece)]);
            (sagas, flows) = (sagas + piece.Sagas.Count, flows + piece.Flows.Count);
            await RemoveAsync(piece);
        }

        return ended.Sagas.Count == FoundAtOnce || ended.Flows.Count == FoundAtOnce;
    }

    private async Task RemoveAsync(Ended piece)
    {
        if (_archive is not null)
        {
            await _archive.WriteAsync(piece);
        }

        var work = new RemoveWork(piece);
        // What cannot be loaded all at once is tried with less.
        var size = _piece;
        _piece = Math.Max(1, _piece / 2);
        lanes.Add(work);
        await work.Done.WaitAsync(setup.Stopping);
        // States may be large, and all of a piece are loaded together.
        _piece = (int)Math.Clamp(size * (long)BytesOfPiece / Math.Max(1, work.BytesLoaded), 1, LargestPiece);
    }

    /// <summary>Now and then, for it is a transaction of its own.</summary>
    private async Task<bool> RemoveOldAsync(IRetention retention)
    {
        if (store.Now < _nextOld)
        {
            return false;
        }

        var options = setup.Options;
        var more = false;
        foreach (var (kind, keptFor) in ((OldRows, TimeSpan)[])
            [
                (OldRows.Requests, options.RequestsKeptFor), (OldRows.Messages, options.CopiesComeWithin),
                (OldRows.Timelines, options.EndedKeptFor), (OldRows.Removed, options.RemovedKnownFor),
            ])
        {
            var before = (store.Now - keptFor).ToUnixTimeMilliseconds();
            more |= await AskAsync(() => retention.RemoveAsync(kind, before, OldPiece, setup.Stopping)) == OldPiece;
        }

        _nextOld = more ? _nextOld : store.Now + Pause;
        return more;
    }

    private async Task<T> AskAsync<T>(Func<ValueTask<T>> ask)
    {
        using var turn = await store.Turn.TakeAsync();
        return await ask();
    }
}
