using Skald.Messaging;
using Skald.Storage;

namespace Skald.Testing;

// What waits for its time, and for people: timers, the outbox, delayed messages, dead letters.
public static partial class StoreContract
{
    private static IEnumerable<StoreCase> Waiting =>
    [
        Case("a saga is due at its time and not before", SagaDue),
        Case("a saga that waits for nothing is never due", SagaNeverDue),
        Case("the next due time is the earliest of all kinds", NextDue),
        Case("at most the limit of due work is taken", DueLimit),
        Case("of two that look at once, one gets what is due", ClaimedOnce),
        Case("a unit of work sees whose a delayed message is", DelayedShowsWhose),
        Case("several units of work may be open at once, where a store says so", ParallelUnits),
        Case("the clock that all share goes forward", SharedClock),
        Case("an outbox row comes again when its lease is over", OutboxLease),
        Case("a confirmed message leaves the outbox", OutboxConfirmed),
        Case("a message keeps its envelope and body in the outbox", OutboxFidelity),
        Case("a delayed message is due at its time, soonest first", DelayedDue),
        Case("a message delayed again replaces its row, even in the commit that takes it off", DelayedReplaced),
        Case("a message that need not be tried again is gone", Undelayed),
        Case("dead letters are numbered and listed oldest first", DeadLetters),
        Case("a dead letter without a readable envelope keeps its body", UnreadableDeadLetter),
        Case("a revived dead letter is gone", Revived),
    ];

    private static async Task SagaDue(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { WakeAt = UnixTime.From(Now) }));
        var early = await store.TakeDueAsync(Now.AddMilliseconds(-1), Lease, 10, true, default);
        Expect.Equal(0, early.Sagas.Count);
        Expect.Equal(Now, early.Next);
        Expect.That((await store.TakeDueAsync(Now, Lease, 10, true, default)).Sagas.SequenceEqual([Id(1)]));
        // Whoever took it has it for a while; then it is due again, if nothing was written.
        Expect.Equal(0, (await store.TakeDueAsync(Now + Lease - TimeSpan.FromMilliseconds(1), Lease, 10, true, default)).Sagas.Count);
        Expect.Equal(1, (await store.TakeDueAsync(Now + Lease, Lease, 10, true, default)).Sagas.Count);
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Version = 2, WakeAt = UnixTime.From(Now.AddHours(1)) }));
        var later = await store.TakeDueAsync(Now + Lease + Lease, Lease, 10, true, default);
        Expect.Equal(0, later.Sagas.Count);
        Expect.Equal(Now.AddHours(1), later.Next);
    }

    private static async Task SagaNeverDue(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { WakeAt = null }));
        var due = await store.TakeDueAsync(Now.AddYears(100), Lease, 10, true, default);
        Expect.That(due is { Sagas.Count: 0, Next: null });
    }

    private static async Task NextDue(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { WakeAt = UnixTime.From(Now.AddSeconds(30)) }));
        Expect.Equal(Now.AddSeconds(30), (await store.TakeDueAsync(Now, Lease, 10, true, default)).Next);
        await CommitAsync(store, c => c.Outbox.Add(Outgoing(1, UnixTime.From(Now.AddSeconds(20)))));
        Expect.Equal(Now.AddSeconds(20), (await store.TakeDueAsync(Now, Lease, 10, true, default)).Next);
        await CommitAsync(store, c => c.Delayed.Add(Delayed(2, Now.AddSeconds(10))));
        Expect.Equal(Now.AddSeconds(10), (await store.TakeDueAsync(Now, Lease, 10, true, default)).Next);
    }

    private static async Task DueLimit(IStore store)
    {
        await CommitAsync(store, c =>
        {
            for (var i = 1; i <= 9; i++)
            {
                c.Sagas.Add(Saga(i) with { WakeAt = UnixTime.From(Now.AddSeconds(-i)) });
                c.Delayed.Add(Delayed(100 + i, Now.AddSeconds(-i)));
                c.Outbox.Add(Outgoing(200 + i, 0));
            }
        });
        var due = await store.TakeDueAsync(Now, Lease, 4, true, default);
        Expect.Equal(4, due.Sagas.Count);
        Expect.Equal(4, due.Delayed.Count);
        Expect.Equal(4, due.Outbox.Count);
        Expect.That(due.Sagas.Contains(Id(9)));
        Expect.Equal(Id(109), due.Delayed[0].Id);
        Expect.Equal(4, (await store.TakeDueAsync(Now, Lease, 4, true, default)).Outbox.Count);
        Expect.Equal(1, (await store.TakeDueAsync(Now, Lease, 4, true, default)).Outbox.Count);
    }

    private static async Task ClaimedOnce(IStore store, Func<Task<IStore>> openAnother)
    {
        await using var second = await openAnother();
        await CommitAsync(store, c =>
        {
            c.Sagas.Add(Saga(1) with { WakeAt = 0 });
            c.Flows.Add(Flow(2) with { WakeAt = 0 });
            c.Delayed.Add(Delayed(3, UnixTime.To(0)));
            c.Outbox.Add(Outgoing(4, 0));
        });
        IStore[] claimants = [store, second];
        var takes = await Task.WhenAll(claimants.Select(s => Task.Run(() => s.TakeDueAsync(Now, Lease, 10, true, default).AsTask())));
        Expect.Equal((1, 1, 1, 1), (takes.Sum(t => t.Sagas.Count), takes.Sum(t => t.Flows.Count), takes.Sum(t => t.Delayed.Count), takes.Sum(t => t.Outbox.Count)));
        Expect.Equal(Now + Lease, (await second.TakeDueAsync(Now, Lease, 10, true, default)).Next);
    }

    private static async Task DelayedShowsWhose(IStore store, Func<Task<IStore>> openAnother)
    {
        await using var second = await openAnother();
        await CommitAsync(store, c => c.Delayed.Add(Delayed(1, Now)));
        var mine = (await store.TakeDueAsync(Now, Lease, 10, true, default)).Delayed.Single();
        Expect.Equal(UnixTime.From(Now + Lease), mine.Due);
        await ShowsAsync(UnixTime.From(Now + Lease));
        // Its claim has ended, and another has it.
        Expect.Equal(1, (await second.TakeDueAsync(Now + Lease, Lease, 10, true, default)).Delayed.Count);
        await ShowsAsync(UnixTime.From(Now + Lease + Lease));
        await CommitAsync(second, c => c.DeletedDelayed.Add(Id(1)));
        await ShowsAsync(null);

        async Task ShowsAsync(long? due)
        {
            await using var unit = await BeginAsync(store, r => r.Delayed.Add(Id(1)));
            Expect.Equal(due, unit.Loaded.Delayed.GetValueOrDefault(Id(1))?.Due);
            Expect.Equal(due is null ? null : 3, unit.Loaded.Delayed.GetValueOrDefault(Id(1))?.Attempts);
        }
    }

    private static async Task ParallelUnits(IStore store)
    {
        if (!store.AllowsParallelUnits)
        {
            return;
        }

        await CommitAsync(store, c => c.Sagas.AddRange([Saga(1) with { WakeAt = 0 }, Saga(2)]));
        await using var one = await BeginAsync(store, r => r.Sagas.Add(Id(1)));
        await using (var two = await BeginAsync(store, r => r.Sagas.Add(Id(2))))
        {
            await store.TakeDueAsync(Now, Lease, 10, true, default);
            var changes = new Changes();
            changes.Sagas.Add(Saga(2) with { Version = 2 });
            await two.CommitAsync(changes, default);
        }

        var last = new Changes();
        last.Sagas.Add(Saga(1) with { Version = 2 });
        await one.CommitAsync(last, default);
        Expect.Equal(2L, (await store.Operations.FindSagaAsync(Id(1), default))!.Version);
        Expect.Equal(2L, (await store.Operations.FindSagaAsync(Id(2), default))!.Version);
    }

    private static async Task SharedClock(IStore store)
    {
        if (await store.AskTimeAsync(default) is { } first)
        {
            Expect.That(await store.AskTimeAsync(default) >= first);
        }
    }

    private static async Task OutboxLease(IStore store)
    {
        await CommitAsync(store, c => c.Outbox.Add(Outgoing(1, UnixTime.From(Now + Lease))));
        Expect.Equal(0, (await store.TakeDueAsync(Now, Lease, 10, true, default)).Outbox.Count);
        Expect.Equal(0, (await store.TakeDueAsync(Now + Lease - TimeSpan.FromMilliseconds(1), Lease, 10, true, default)).Outbox.Count);
        Expect.Equal(1, (await store.TakeDueAsync(Now + Lease, Lease, 10, true, default)).Outbox.Count);
        Expect.Equal(0, (await store.TakeDueAsync(Now + Lease, Lease, 10, true, default)).Outbox.Count);
        Expect.Equal(1, (await store.TakeDueAsync(Now + 2 * Lease, Lease, 10, true, default)).Outbox.Count);
    }

    private static async Task OutboxConfirmed(IStore store)
    {
        await CommitAsync(store, c => c.Outbox.AddRange([Outgoing(1, 0), Outgoing(2, 0)]));
        Expect.Equal(2L, await store.Operations.CountOutboxAsync(100_000, default));
        await CommitAsync(store, c => c.DeletedOutbox.AddRange([Id(1), Id(77)]));
        Expect.Equal(1L, await store.Operations.CountOutboxAsync(100_000, default));
        var due = await store.TakeDueAsync(Now, Lease, 10, true, default);
        Expect.That(due.Outbox is [var left] && left.Id == Id(2));
    }

    private static async Task OutboxFidelity(IStore store)
    {
        var (envelope, body) = (EnvelopeCodec.Encode(FullEnvelope), Json("{\"text\":\"日本語 🐟\"}"));
        await CommitAsync(store, c => c.Outbox.Add(new OutboxRow(Id(1), envelope, body, 0)));
        var row = (await store.TakeDueAsync(Now, Lease, 10, true, default)).Outbox.Single();
        Expect.Bytes(envelope, row.Envelope);
        Expect.Bytes(body, row.Body);
        Expect.Bytes(envelope, (await store.Operations.OutboxAsync(null, 10, default)).Single().Envelope);
    }

    private static async Task DelayedDue(IStore store)
    {
        await CommitAsync(store, c => c.Delayed.AddRange([Delayed(1, Now.AddSeconds(2)), Delayed(2, Now), Delayed(3, Now.AddSeconds(1))]));
        Expect.That((await store.Operations.DelayedAsync(null, 10, default)).Select(d => d.Id).SequenceEqual([Id(2), Id(3), Id(1)]));
        Expect.That((await store.Operations.DelayedAsync(null, 1, default)).Select(d => d.Id).SequenceEqual([Id(2)]));
        var due = await store.TakeDueAsync(Now.AddSeconds(1), Lease, 10, true, default);
        Expect.That(due.Delayed.Select(d => d.Id).SequenceEqual([Id(2), Id(3)]));
        Expect.Equal(Now.AddSeconds(2), due.Next);
        Expect.That(due.Delayed[0] is { Attempts: 3, Waits: 2, Reason: "TimeoutException: late" });
        Expect.Bytes(Delayed(2, Now).Envelope, due.Delayed[0].Envelope);
        Expect.Bytes(Delayed(2, Now).Body, due.Delayed[0].Body);
    }

    private static async Task DelayedReplaced(IStore store)
    {
        await CommitAsync(store, c => c.Delayed.Add(Delayed(1, Now)));
        await CommitAsync(store, c => c.Delayed.Add(Delayed(1, Now.AddSeconds(5)) with { Attempts = 4, Reason = "again" }));
        Expect.That(await store.Operations.DelayedAsync(null, 10, default) is [{ Attempts: 4, Reason: "again" }]);
        await CommitAsync(store, c =>
        {
            c.DeletedDelayed.Add(Id(1));
            c.Delayed.Add(Delayed(1, Now.AddSeconds(9)) with { Attempts = 5 });
        });
        Expect.That(await store.Operations.DelayedAsync(null, 10, default) is [{ Attempts: 5 }]);
    }

    private static async Task Undelayed(IStore store)
    {
        await CommitAsync(store, c => c.Delayed.AddRange([Delayed(1, Now), Delayed(2, Now)]));
        await CommitAsync(store, c => c.DeletedDelayed.AddRange([Id(1), Id(77)]));
        Expect.That(await store.Operations.DelayedAsync(null, 10, default) is [var left] && left.Id == Id(2));
    }

    private static async Task DeadLetters(IStore store)
    {
        await CommitAsync(store, c => c.DeadLetters.AddRange([Dead("first"), Dead("second")]));
        await CommitAsync(store, c => c.DeadLetters.Add(Dead("third")));
        var rows = await store.Operations.DeadLettersAsync(0, 10, default);
        Expect.Equal("first second third", string.Join(' ', rows.Select(r => r.Reason)));
        Expect.That(rows.Select(r => r.Number).Distinct().Count() == 3 && rows[0].Number < rows[2].Number);
        Expect.That(rows[0] is { Attempts: 8, At: 99 });
        Expect.Bytes(EnvelopeCodec.Encode(FullEnvelope), rows[0].Envelope);
        Expect.Equal("second", (await store.Operations.DeadLettersAsync(rows[0].Number, 1, default)).Single().Reason);
        Expect.Equal("third", (await store.Operations.FindDeadLetterAsync(rows[2].Number, default))?.Reason);
        Expect.That(await store.Operations.FindDeadLetterAsync(rows[2].Number + 1, default) is null);
        Expect.Equal(2, (await store.Operations.DeadLettersAsync(0, 2, default)).Count);
    }

    private static async Task UnreadableDeadLetter(IStore store)
    {
        byte[] body = [0, 255, 10, 13, 0];
        await CommitAsync(store, c => c.DeadLetters.Add(new DeadLetterRow(0, default, body, "unreadable", 0, 1)));
        var row = (await store.Operations.DeadLettersAsync(0, 10, default)).Single();
        Expect.That(row.Envelope.IsEmpty);
        Expect.Bytes(body, row.Body);
    }

    private static async Task Revived(IStore store)
    {
        await CommitAsync(store, c => c.DeadLetters.AddRange([Dead("first"), Dead("second")]));
        var first = (await store.Operations.DeadLettersAsync(0, 10, default))[0];
        await CommitAsync(store, c => c.DeletedDeadLetters.Add(first.Number));
        var left = (await store.Operations.DeadLettersAsync(0, 10, default)).Single();
        Expect.Equal("second", left.Reason);
        await CommitAsync(store, c => c.DeadLetters.Add(Dead("third")));
        Expect.Equal("second third", string.Join(' ', (await store.Operations.DeadLettersAsync(0, 10, default)).Select(r => r.Reason)));
    }
}
