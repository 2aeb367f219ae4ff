using Microsoft.Extensions.Logging;
using Skald.Diagnostics;
using Skald.Storage;

namespace Skald.EventSourcing;

/// <summary>
/// Builds a projection's rows once more beside the live ones, from the first event on, and puts them in their place. Only rows are
/// written: nothing is published, and the live ones are read and kept up to date meanwhile.
/// </summary>
internal sealed class ProjectionRebuild(ProjectionRunner runner, EventReader reader, RebuildOptions options, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
{
    private readonly long _began = time.GetTimestamp();
    private EventPosition _position;
    private long _done;
    private long _total;

    public async Task<RebuildResult> RunAsync()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PageSize, 1);
        var store = runner.Store;
        _total = await runner.Log.CountAsync(EventPosition.Start, long.MaxValue, cancellationToken);
        await store.BeginRebuildAsync(runner.Projection.Schema, cancellationToken);
        try
        {
            // As far as the live rows are now; what comes meanwhile is little, and done while they are held.
            await BuildAsync(await LivePositionAsync());
            await BuildAsync(await LivePositionAsync());
            var switched = false;
            var tables = await store.EndRebuildAsync(CatchUpAsync, differences => switched = options.TakeOver(differences), cancellationToken);
            runner.LookAgain();
            var elapsed = time.GetElapsedTime(_began);
            var different = tables.Count(t => !t.Same);
            logger.ProjectionRebuilt(runner.Projection.Name, _done, elapsed, switched, different);
            return new RebuildResult(_done, elapsed, tables, switched);
        }
        catch
        {
            await store.AbandonRebuildAsync(CancellationToken.None);
            throw;
        }
    }

    private async Task<EventPosition> LivePositionAsync() =>
        (await runner.Store.FindAsync(cancellationToken))?.Position ?? EventPosition.Start;

    private async Task<EventPosition> CatchUpAsync(EventPosition live)
    {
        await BuildAsync(live);
        return _position;
    }

    /// <summary>Builds on, to a position. The next page is read while this one is written: two pages are in memory, never more.</summary>
    private async Task BuildAsync(EventPosition end)
    {
        var next = _position < end ? ReadAsync(_position, end) : Task.FromResult<RecordedEvent[]>([]);
        try
        {
            while (await next is { Length: > 0 } page)
            {
                var last = page[^1].Position;
                next = last < end ? ReadAsync(last, end) : Task.FromResult<RecordedEvent[]>([]);
                await using (var unit = await runner.Store.BeginAsync(ProjectionTables.Rebuild, cancellationToken))
                {
                    if (unit.Position != _position)
                    {
                        throw new SagaConcurrencyException($"Projection '{runner.Projection.Name}' is being rebuilt by another process too: this one gives up.");
                    }

                    await runner.Projection.ApplyAsync(page, new ProjectionContext(unit.Transaction, cancellationToken));
                    await unit.CommitAsync(last, cancellationToken);
                }

                _position = last;
                _done += page.Length;
                options.Progress?.Report(new RebuildProgress(_done, Math.Max(_done, _total), time.GetElapsedTime(_began)));
            }
        }
        finally
        {
            // Nobody else looks at a page that is not wanted any more.
            await next.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private Task<RecordedEvent[]> ReadAsync(EventPosition after, EventPosition end) => runner.Surroundings.RunAsync(
        async () =>
        {
            var page = (await runner.Log.ReadAsync(after, options.PageSize, cancellationToken)).Events;
            return reader.Read([.. page.TakeWhile(e => e.Position <= end)]);
        },
        cancellationToken);
}
