using System.Text;
using Skald.Storage;

namespace Skald.Testing;

/// <summary>What every store promises about events, as named cases. An adapter's tests run them all against fresh stores.</summary>
public static class EventStoreContract
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The cases.</summary>
    public static IReadOnlyList<ContractCase<IStore>> Cases { get; } =
    [
        Case("an empty store has no events", Empty),
        Case("an event is found with every field", EveryField),
        Case("nulls, unicode and empty bodies come back as they were", NullsAndUnicode),
        Case("events of all streams come in one order, page by page", Pages),
        Case("events of one commit come in the order in which they were appended", OrderWithinCommit),
        Case("a stream is read from a version on", FromAVersion),
        Case("an append to a stale version is refused and writes nothing", StaleVersion),
        Case("an append that leaves a gap is refused", Gap),
        Case("a gap within one append is refused", GapWithin),
        Case("of two first events exactly one is stored", TwoFirsts),
        Case("what is rolled back leaves no trace for readers", RolledBack),
        Case("events later than a position are counted, up to a limit", Counted),
        Case("a snapshot is read with the events after it", Snapshot),
        Case("a snapshot of another shape is not read", OtherShape),
        Case("a newer snapshot replaces the older", ReplacedSnapshot),
        Case("one commit appends a thousand events to a hundred streams", Thousand),
        Case("what one process appends, another reads", AnotherReads),
        Case("eight writers and a slow reader: nothing is missed, doubled or out of order", (_, open) => EventOrderCheck.RunAsync(open, null)),
    ];

    /// <summary>Runs one case by its name.</summary>
    /// <param name="name">The case's name.</param>
    /// <param name="open">Opens an empty store, not yet started; called again, the same data once more, as another process would.</param>
    public static Task RunAsync(string name, Func<Task<IStore>> open) => Expect.NamedAsync(name, () => Cases.Single(c => c.Name == name).Run(open));

    internal static IEventLog EventsOf(IStore store) => store.EventLog ?? throw new SkaldAssertionException("The store keeps no events: IStore.EventLog is null.");

    internal static IStreamReader StreamsOf(IUnitOfWork unit) => unit.Streams ?? throw new SkaldAssertionException("The store reads no streams: IUnitOfWork.Streams is null.");

    private static ContractCase<IStore> Case(string name, Func<IStore, Task> run) => Case(name, (store, _) => run(store));

    private static ContractCase<IStore> Case(string name, Func<IStore, Func<Task<IStore>>, Task> run) => new(name, async open =>
    {
        await using var store = await OpenAsync(open);
        await run(store, () => OpenAsync(open));
    });

    private static async Task<IStore> OpenAsync(Func<Task<IStore>> open)
    {
        var store = await open();
        await store.StartAsync(StoreContract.Owner, [], CancellationToken.None);
        return store;
    }

    private static async Task Empty(IStore store)
    {
        var page = await EventsOf(store).ReadAsync(EventPosition.Start, 10, CancellationToken.None);
        Expect.Equal(0, page.Events.Count);
        Expect.That(!page.HeldBack);
        Expect.Equal(0L, await EventsOf(store).CountAsync(EventPosition.Start, 10, CancellationToken.None));
        Expect.Equal(0, (await EventsOf(store).ReadStreamAsync("a/1", 0, 10, CancellationToken.None)).Count);
        await using var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None);
        var stream = await StreamsOf(unit).ReadStreamAsync("a/1", "s", CancellationToken.None);
        Expect.That(stream.Snapshot is null && stream.Events.Count == 0);
    }

    private static async Task EveryField(IStore store)
    {
        var row = new EventRow("a/1", 1, "OPENED", Encoding.UTF8.GetBytes("{\"x\":1}"), 1234567890123, Id(1), Id(2), "alice");
        await CommitAsync(store, c => c.Events.Add(row));
        ExpectEqual(row, (await AllAsync(store)).Single().Event);
        ExpectEqual(row, (await EventsOf(store).ReadStreamAsync("a/1", 0, 10, CancellationToken.None)).Single().Event);
        await using var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None);
        ExpectEqual(row, (await StreamsOf(unit).ReadStreamAsync("a/1", null, CancellationToken.None)).Events.Single());
    }

    private static async Task NullsAndUnicode(IStore store)
    {
        var row = new EventRow("a/øl 'quoted' \"twice\"", 1, "ÅBNET", ReadOnlyMemory<byte>.Empty, 0, null, null, null);
        await CommitAsync(store, c => c.Events.Add(row));
        ExpectEqual(row, (await AllAsync(store)).Single().Event);
    }

    private static async Task Pages(IStore store)
    {
        for (var i = 1; i <= 7; i++)
        {
            var version = i;
            await CommitAsync(store, c => c.Events.AddRange([Event("a/1", version), Event("b/1", version)]));
        }

        var all = await AllAsync(store, pageSize: 3);
        Expect.Equal(14, all.Count);
        Expect.That(all.Zip(all.Skip(1)).All(p => p.First.Position < p.Second.Position));
        Expect.Equal("a/1:1 b/1:1 a/1:2 b/1:2", string.Join(' ', all.Take(4).Select(e => $"{e.Event.Stream}:{e.Event.Version}")));
    }

    private static async Task OrderWithinCommit(IStore store)
    {
        string[] streams = ["z/1", "a/1", "m/1", "b/1"];
        await CommitAsync(store, c => c.Events.AddRange(streams.Select(s => Event(s, 1))));
        Expect.Equal("z/1 a/1 m/1 b/1", string.Join(' ', (await AllAsync(store)).Select(e => e.Event.Stream)));
    }

    private static async Task FromAVersion(IStore store)
    {
        await CommitAsync(store, c => c.Events.AddRange(Enumerable.Range(1, 9).Select(v => Event("a/1", v))));
        await CommitAsync(store, c => c.Events.Add(Event("a/11", 1)));
        var events = await EventsOf(store).ReadStreamAsync("a/1", 4, 3, CancellationToken.None);
        Expect.Equal("5 6 7", string.Join(' ', events.Select(e => e.Event.Version)));
    }

    private static async Task StaleVersion(IStore store)
    {
        await CommitAsync(store, c => c.Events.AddRange([Event("a/1", 1), Event("a/1", 2)]));
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c =>
        {
            c.Events.AddRange([Event("b/1", 1), Event("a/1", 2)]);
            c.Requests.Add(new RequestRow("key", "", Encoding.UTF8.GetBytes("{}"), 1));
        }));
        Expect.Equal(2, (await AllAsync(store)).Count);
        var request = new LoadRequest();
        request.Requests.Add("key");
        await using var unit = await store.BeginAsync(request, CancellationToken.None);
        Expect.Equal(0, unit.Loaded.Requests.Count);
    }

    private static async Task Gap(IStore store)
    {
        await CommitAsync(store, c => c.Events.Add(Event("a/1", 1)));
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c => c.Events.Add(Event("a/1", 3))));
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c => c.Events.Add(Event("b/1", 2))));
        Expect.Equal(1, (await AllAsync(store)).Count);
    }

    private static async Task GapWithin(IStore store)
    {
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c => c.Events.AddRange([Event("a/1", 1), Event("a/1", 3)])));
        Expect.Equal(0, (await AllAsync(store)).Count);
    }

    private static async Task TwoFirsts(IStore store, Func<Task<IStore>> open)
    {
        await using var other = await open();
        var won = await Task.WhenAll(new[] { store, other }.Select(s => Task.Run(async () =>
        {
            try
            {
                await CommitAsync(s, c => c.Events.Add(Event("a/1", 1)));
                return 1;
            }
            catch (SagaConcurrencyException)
            {
                return 0;
            }
        })));
        Expect.Equal(1, won.Sum());
        Expect.Equal(1, (await AllAsync(store)).Count);
    }

    private static async Task RolledBack(IStore store)
    {
        await CommitAsync(store, c => c.Events.Add(Event("a/1", 1)));
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c => c.Events.AddRange([Event("b/1", 1), Event("a/1", 1)])));
        await CommitAsync(store, c => c.Events.Add(Event("a/1", 2)));
        Expect.Equal("a/1:1 a/1:2", string.Join(' ', (await AllAsync(store)).Select(e => $"{e.Event.Stream}:{e.Event.Version}")));
    }

    private static async Task Counted(IStore store)
    {
        await CommitAsync(store, c => c.Events.AddRange(Enumerable.Range(1, 9).Select(v => Event("a/1", v))));
        var third = (await AllAsync(store))[2].Position;
        Expect.Equal(6L, await EventsOf(store).CountAsync(third, 100, CancellationToken.None));
        Expect.Equal(4L, await EventsOf(store).CountAsync(third, 4, CancellationToken.None));
    }

    private static async Task Snapshot(IStore store)
    {
        await CommitAsync(store, c =>
        {
            c.Events.AddRange(Enumerable.Range(1, 5).Select(v => Event("a/1", v)));
            c.Snapshots.Add(new SnapshotRow("a/1", 3, "shape", Encoding.UTF8.GetBytes("{\"v\":3}")));
        });
        await using var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None);
        var stream = await StreamsOf(unit).ReadStreamAsync("a/1", "shape", CancellationToken.None);
        Expect.Equal(3L, stream.Snapshot?.Version);
        Expect.Equal("{\"v\":3}", Encoding.UTF8.GetString(stream.Snapshot!.State.Span));
        Expect.Equal("4 5", string.Join(' ', stream.Events.Select(e => e.Version)));
    }

    private static async Task OtherShape(IStore store)
    {
        await CommitAsync(store, c =>
        {
            c.Events.AddRange(Enumerable.Range(1, 5).Select(v => Event("a/1", v)));
            c.Snapshots.Add(new SnapshotRow("a/1", 3, "old", Encoding.UTF8.GetBytes("{}")));
        });
        await using var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None);
        foreach (var shape in new[] { "new", null })
        {
            var stream = await StreamsOf(unit).ReadStreamAsync("a/1", shape, CancellationToken.None);
            Expect.That(stream.Snapshot is null && stream.Events.Count == 5);
        }
    }

    private static async Task ReplacedSnapshot(IStore store)
    {
        await CommitAsync(store, c =>
        {
            c.Events.AddRange(Enumerable.Range(1, 4).Select(v => Event("a/1", v)));
            c.Snapshots.Add(new SnapshotRow("a/1", 2, "s", Encoding.UTF8.GetBytes("2")));
        });
        await CommitAsync(store, c => c.Snapshots.Add(new SnapshotRow("a/1", 4, "s", Encoding.UTF8.GetBytes("4"))));
        await using var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None);
        var stream = await StreamsOf(unit).ReadStreamAsync("a/1", "s", CancellationToken.None);
        Expect.That(stream.Snapshot?.Version == 4 && stream.Events.Count == 0);
    }

    private static async Task Thousand(IStore store)
    {
        await CommitAsync(store, c => c.Events.AddRange(Enumerable.Range(0, 1000).Select(i => Event($"a/{i % 100}", 1 + (i / 100)))));
        await CommitAsync(store, c => c.Events.AddRange(Enumerable.Range(0, 1000).Select(i => Event($"a/{i % 100}", 11 + (i / 100)))));
        var all = await AllAsync(store, pageSize: 300);
        Expect.Equal(2000, all.Count);
        foreach (var stream in all.GroupBy(e => e.Event.Stream))
        {
            Expect.That(stream.Select(e => e.Event.Version).SequenceEqual(Enumerable.Range(1, 20).Select(v => (long)v)));
        }
    }

    private static async Task AnotherReads(IStore store, Func<Task<IStore>> open)
    {
        await using var other = await open();
        await CommitAsync(store, c => c.Events.Add(Event("a/1", 1)));
        Expect.Equal(1, (await AllAsync(other)).Count);
        await CommitAsync(other, c => c.Events.Add(Event("a/1", 2)));
        Expect.Equal(2, (await AllAsync(store)).Count);
    }

    internal static EventRow Event(string stream, long version) =>
        new(stream, version, "HAPPENED", Encoding.UTF8.GetBytes($"{{\"version\":{version}}}"), Now.ToUnixTimeMilliseconds(), null, null, null);

    internal static async Task CommitAsync(IStore store, Action<Changes> fill)
    {
        await using var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None);
        var changes = new Changes();
        fill(changes);
        await unit.CommitAsync(changes, CancellationToken.None);
    }

    internal static async Task<List<StoredEvent>> AllAsync(IStore store, int pageSize = 1000)
    {
        var all = new List<StoredEvent>();
        while (true)
        {
            var after = all.Count == 0 ? EventPosition.Start : all[^1].Position;
            var page = await EventsOf(store).ReadAsync(after, pageSize, CancellationToken.None);
            all.AddRange(page.Events);
            if (page.Events.Count == 0 && !page.HeldBack)
            {
                return all;
            }
        }
    }

    private static void ExpectEqual(EventRow expected, EventRow actual)
    {
        Expect.Bytes(expected.Body, actual.Body);
        Expect.Equal(expected with { Body = default }, actual with { Body = default });
    }

    private static Guid Id(byte last) => new([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, last]);
}
