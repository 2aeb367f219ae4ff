using System.Data.Common;
using Skald.Storage;

namespace Skald.Testing;

/// <summary>
/// Eight writers append to few streams, in transactions of random length, while a slow reader follows. The reader must get every
/// event that was committed, once, in growing positions and in each stream's order.
/// </summary>
public static class EventOrderCheck
{
    private const int Writers = 8;
    private const int Streams = 12;

    /// <param name="open">Opens the same data once more, started, as another process would.</param>
    /// <param name="read">How the reader reads; the store's own way unless given. A broken one must make the check fail.</param>
    /// <param name="commitsPerWriter">How much is written.</param>
    /// <param name="begun">What a writer does in its transaction before it reads and appends, to be caught in the middle.</param>
    /// <param name="seed">Of the chance.</param>
    /// <exception cref="SkaldAssertionException">Something was missed, doubled, or came out of order.</exception>
    public static async Task RunAsync(
        Func<Task<IStore>> open, Func<IStore, EventPosition, int, Task<EventPage>>? read, int commitsPerWriter = 60, Func<DbTransaction, Random, Task>? begun = null, int seed = 7)
    {
        ArgumentNullException.ThrowIfNull(open);
        read ??= async (store, after, limit) => await EventStoreContract.EventsOf(store).ReadAsync(after, limit, CancellationToken.None);
        var stores = new List<IStore>();
        try
        {
            for (var i = 0; i <= Writers; i++)
            {
                stores.Add(await open());
            }

            var writing = Task.WhenAll(stores.Skip(1).Select((store, i) => Task.Run(() => WriteAsync(store, new Random(seed + i), commitsPerWriter, begun))));
            var seen = await FollowAsync(stores[0], read, writing, new Random(seed));
            Check(seen, (await writing).Sum());
        }
        finally
        {
            foreach (var store in stores)
            {
                await store.DisposeAsync();
            }
        }
    }

    private static async Task<int> WriteAsync(IStore store, Random random, int commits, Func<DbTransaction, Random, Task>? begun)
    {
        var written = 0;
        for (var i = 0; i < commits;)
        {
            try
            {
                await using var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None);
                if (begun is not null && unit.Transaction is { } transaction)
                {
                    await begun(transaction, random);
                }

                var changes = new Changes();
                foreach (var stream in Enumerable.Range(0, Streams).Where(_ => random.Next(4) == 0).Select(s => $"a/{s}"))
                {
                    var last = (await EventStoreContract.StreamsOf(unit).ReadStreamAsync(stream, null, CancellationToken.None)).Events is [.., var newest] ? newest.Version : 0;
                    changes.Events.AddRange(Enumerable.Range(1, 1 + random.Next(3)).Select(n => EventStoreContract.Event(stream, last + n)));
                }

                await unit.CommitAsync(changes, CancellationToken.None);
                written += changes.Events.Count;
                i++;
            }
            catch (SagaConcurrencyException)
            {
                // Another was first: read again, decide again.
            }
        }

        return written;
    }

    private static async Task<List<StoredEvent>> FollowAsync(IStore store, Func<IStore, EventPosition, int, Task<EventPage>> read, Task writing, Random random)
    {
        var seen = new List<StoredEvent>();
        while (true)
        {
            var done = writing.IsCompleted;
            var page = await read(store, seen.Count == 0 ? EventPosition.Start : seen[^1].Position, 1 + random.Next(40));
            seen.AddRange(page.Events);
            if (page.Events.Count == 0 && !page.HeldBack)
            {
                if (done)
                {
                    return seen;
                }

                await Task.Yield();
            }
        }
    }

    private static void Check(List<StoredEvent> seen, int written)
    {
        for (var i = 1; i < seen.Count; i++)
        {
            if (seen[i].Position <= seen[i - 1].Position)
            {
                throw new SkaldAssertionException($"Event {i} is at {seen[i].Position}, the one before it at {seen[i - 1].Position}.");
            }
        }

        foreach (var stream in seen.GroupBy(e => e.Event.Stream))
        {
            var expected = 1L;
            foreach (var stored in stream)
            {
                if (stored.Event.Version != expected)
                {
                    throw new SkaldAssertionException($"Version {stored.Event.Version} of {stream.Key} came when {expected} was expected: something was missed, doubled or out of order.");
                }

                expected++;
            }
        }

        if (seen.Count != written)
        {
            throw new SkaldAssertionException($"{written} events were committed and {seen.Count} were read.");
        }
    }
}
