using Skald.Decisions;
using Skald.Storage;

namespace Skald.Testing;

// What people and tools ask by kind, by failure, and a page at a time.
public static partial class StoreContract
{
    private static IEnumerable<StoreCase> Groups =>
    [
        Case("sagas are listed by several statuses, by what failed and by when they changed", ListedByFailure),
        Case("what went wrong with sagas is counted by kind, at most to the cap", FailureKinds),
        Case("pages of what waits follow each other without a gap or a repeat", WaitingPages),
        Case("the ledger of one saga is read, and all of it a page after the other", LedgerRead),
        Case("where sagas stand, and which were removed, is read a page after the other", OutlinesRead),
        Case("instances are listed with what they know, and one that is gone is named", InstancesListed),
        Case("dead letters are counted by kind and listed by it", LetterKinds),
    ];

    private static async Task ListedByFailure(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.AddRange(
        [
            Saga(1) with { StartedAt = 10, UpdatedAt = 100, Status = SagaStatus.Parked, FailedStep = "pay", FailureType = "CardDeclined", ParkReason = "no", BusinessKey = "o7" },
            Saga(2) with { StartedAt = 20, UpdatedAt = 90, Status = SagaStatus.Parked, FailedStep = "pay", FailureType = "TimeoutException", BusinessKey = "o7" },
            Saga(3) with { StartedAt = 30, UpdatedAt = 80, Status = SagaStatus.Compensated, FailedStep = "pay", FailureType = "CardDeclined" },
            Saga(4) with { StartedAt = 40, UpdatedAt = 70, Status = SagaStatus.Running },
            Saga(5) with { StartedAt = 50, UpdatedAt = 60, Status = SagaStatus.Parked, Definition = "other", FailedStep = "book", FailureType = "CardDeclined" },
        ]));
        int[] ended = [(int)SagaStatus.Compensated, (int)SagaStatus.Running];
        Expect.Equal("4 3", await ListAsync(new InstanceFilter { Statuses = ended }));
        Expect.Equal("4 3", await ListAsync(new InstanceFilter { Statuses = ended, Definition = "order" }));
        Expect.Equal("", await ListAsync(new InstanceFilter { Statuses = [] }));
        Expect.Equal("", await ListAsync(new InstanceFilter { Statuses = [], Key = "o7" }));
        Expect.Equal("3 2 1", await ListAsync(new InstanceFilter { FailedStep = "pay" }));
        Expect.Equal("5 3 1", await ListAsync(new InstanceFilter { FailureType = "CardDeclined" }));
        Expect.Equal("3 1", await ListAsync(new InstanceFilter { FailedStep = "pay", FailureType = "CardDeclined" }));
        Expect.Equal("1", await ListAsync(new InstanceFilter { FailedStep = "pay", FailureType = "CardDeclined", Statuses = [(int)SagaStatus.Parked] }));
        Expect.Equal("2", await ListAsync(new InstanceFilter { FailedStep = "pay", StartedFrom = 15, UpdatedBefore = 95, Statuses = [(int)SagaStatus.Parked] }));
        Expect.Equal("", await ListAsync(new InstanceFilter { FailedStep = "pa" }));
        Expect.Equal("5 4 3", await ListAsync(new InstanceFilter { UpdatedBefore = 90 }));
        Expect.Equal("2 1", await ListAsync(new InstanceFilter { Key = "o7" }));
        Expect.Equal("2", await ListAsync(new InstanceFilter { Key = "o7", UpdatedBefore = 100 }));
        Expect.Equal("1", await ListAsync(new InstanceFilter { Key = "o7", FailedStep = "pay", FailureType = "CardDeclined" }));
        Expect.Equal("1", await ListAsync(new InstanceFilter { Definition = "order", FailedStep = "pay", StartedBefore = 20 }));
        var page = await store.Operations.SagasAsync(new InstanceFilter { FailedStep = "pay" }, new PagePosition(30, Id(3)), 1, default);
        Expect.Sequence([Id(2)], page.Select(r => r.Id));

        await CommitAsync(store, c => c.Flows.AddRange([Flow(1) with { StartedAt = 1, UpdatedAt = 10 }, Flow(2) with { StartedAt = 2, UpdatedAt = 5 }]));
        Expect.Equal("b2", string.Join(' ', (await store.Operations.FlowsAsync(new InstanceFilter { UpdatedBefore = 10 }, null, 10, default)).Select(f => f.Flow)));
        Expect.Equal(1L, await store.Operations.CountFlowsAsync(new InstanceFilter { UpdatedBefore = 10 }, 10, default));
        Expect.Equal(0L, await store.Operations.CountFlowsAsync(new InstanceFilter { FailedStep = "pay" }, 10, default));
        Expect.Equal(0, (await store.Operations.FlowsAsync(new InstanceFilter { FailureType = "CardDeclined" }, null, 10, default)).Count);

        async Task<string> ListAsync(InstanceFilter filter)
        {
            var rows = await store.Operations.SagasAsync(filter, null, 10, default);
            Expect.Equal((long)rows.Count, await store.Operations.CountSagasAsync(filter, 10, default), $"the count of {filter}");
            return string.Join(' ', rows.Select(r => Enumerable.Range(1, 5).First(n => Id(n) == r.Id)));
        }
    }

    private static async Task FailureKinds(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.AddRange(Enumerable.Range(1, 60).Select(i => Saga(i) with
        {
            StartedAt = 1000 - i, Status = i <= 50 ? SagaStatus.Parked : SagaStatus.Running, ParkReason = i <= 50 ? $"for reason {i}" : null, Definition = i % 2 == 0 ? "order" : "other",
            FailedStep = i is <= 40 or > 55 ? $"step {i % 4}" : null, FailureType = i <= 30 ? "CardDeclined" : null,
        })));
        var kinds = await store.Operations.FailureGroupsAsync(new InstanceFilter { Statuses = [(int)SagaStatus.Parked] }, 6, 100, default);
        // The even ones fail at steps 0 and 2, the odd ones at 1 and 3; from 31 on without a type, from 41 on without a step.
        Expect.Sequence(
            ["order - - 5", "order step 0 - 3", "order step 0 CardDeclined 6", "order step 2 - 2", "order step 2 CardDeclined 6",
             "other - - 5", "other step 1 - 2", "other step 1 CardDeclined 6", "other step 3 - 3", "other step 3 CardDeclined 6"],
            kinds.Select(k => $"{k.Definition} {k.FailedStep ?? "-"} {k.FailureType ?? "-"} {k.Count}"));
        var first = kinds[2];
        Expect.Equal(1000L - 28, first.OldestStartedAt);
        Expect.Equal(Id(4), first.Newest);
        Expect.Equal((int)SagaStatus.Parked, first.Status);
        Expect.Equal(3, (await store.Operations.FailureGroupsAsync(new InstanceFilter { Statuses = [(int)SagaStatus.Parked] }, 6, 3, default)).Count);
        Expect.Sequence(["step 0", "step 0"], (await store.Operations.FailureGroupsAsync(new InstanceFilter { Statuses = [(int)SagaStatus.Parked], FailedStep = "step 0" }, 6, 9, default)).Select(k => k.FailedStep));
        // Those that run, too, where nobody says otherwise; what went well is of no kind.
        Expect.Equal(60L - 5, (await store.Operations.FailureGroupsAsync(new InstanceFilter(), 100, 100, default)).Sum(k => k.Count));
        Expect.Equal(0, (await store.Operations.FailureGroupsAsync(new InstanceFilter { Statuses = [] }, 6, 100, default)).Count);
    }

    private static async Task WaitingPages(IStore store)
    {
        // Many at one time: the id decides between them.
        await CommitAsync(store, c =>
        {
            foreach (var i in Enumerable.Range(1, 40))
            {
                var at = 10_000 * (i % 4);
                c.Sagas.Add(Saga(i) with { WakeAt = at });
                c.Delayed.Add(Delayed(i, UnixTime.To(at)));
                c.Outbox.Add(Outgoing(i, at));
            }
        });
        var expected = Enumerable.Range(1, 40).Select(i => (At: 10_000L * (i % 4), Id: Id(i))).Order().Select(r => r.Id).ToList();
        Expect.Sequence(expected, await PagedAsync(async after => [.. (await store.Operations.WaitingSagasAsync(after, 7, default)).Select(r => new DuePosition(r.WakeAt ?? 0, r.Id))]));
        Expect.Sequence(expected, await PagedAsync(async after => [.. (await store.Operations.DelayedAsync(after, 7, default)).Select(r => new DuePosition(r.Due, r.Id))]));
        Expect.Sequence(expected, await PagedAsync(async after => [.. (await store.Operations.OutboxAsync(after, 7, default)).Select(r => new DuePosition(r.ClaimedUntil, r.Id))]));

        static async Task<List<Guid>> PagedAsync(Func<DuePosition?, Task<List<DuePosition>>> ask)
        {
            var paged = new List<Guid>();
            for (DuePosition? after = null; paged.Count <= 40;)
            {
                var page = await ask(after);
                if (page.Count == 0)
                {
                    break;
                }

                paged.AddRange(page.Select(r => r.Id));
                after = page[^1];
            }

            return paged;
        }
    }

    private static async Task LedgerRead(IStore store)
    {
        var secret = new Guid("00000000-0000-7000-8000-0000000000ff");
        LedgerRow[] rows =
        [
            Ledger(1, "book") with { Secret = secret }, Ledger(1, "pay"), Ledger(1, "pay") with { Attempt = 2, Outcome = LedgerOutcome.Refused }, Ledger(1, "pay") with { Undo = true },
            Ledger(2, ""), Ledger(3, "book"), Ledger(4, "book"), Ledger(4, "book") with { Attempt = 2 },
        ];
        await CommitAsync(store, c => c.Ledger.AddRange(rows.Reverse()));
        Expect.Sequence(rows[..4].Select(What), (await store.Operations.LedgerAsync(Id(1), 10, default)).Select(What));
        Expect.Sequence(rows[..2].Select(What), (await store.Operations.LedgerAsync(Id(1), 2, default)).Select(What));
        Expect.Equal(0, (await store.Operations.LedgerAsync(Id(9), 10, default)).Count);
        Expect.Sequence(rows.Select(What), (await store.Operations.LedgerPageAsync(Guid.Empty, 100, default)).Select(What));
        Expect.Sequence(rows[..3].Select(What), (await store.Operations.LedgerPageAsync(Guid.Empty, 3, default)).Select(What));
        Expect.Sequence(rows[5..7].Select(What), (await store.Operations.LedgerPageAsync(Id(3), 2, default)).Select(What));
        Expect.Equal(secret, (await store.Operations.LedgerAsync(Id(1), 1, default))[0].Secret);

        static string What(LedgerRow row) => $"{row}, undo: {row.Undo}";
    }

    private static async Task OutlinesRead(IStore store)
    {
        var sagas = Enumerable.Range(1, 5).Select(i => Saga(i) with { Status = SagaStatus.Completed, Steps = $"book\tD\t{i}\n", EndedAt = i }).ToList();
        RemovedRow[] removed = [.. Enumerable.Range(6, 4).Select(i => new RemovedRow(Id(i), "order", i == 7 ? null : $"key {i}", 2, 1, 2, i))];
        await CommitAsync(store, c =>
        {
            c.Sagas.AddRange(Enumerable.Reverse(sagas));
            c.Removed.AddRange(removed.Reverse());
        });
        var outlines = sagas.ConvertAll(s => new SagaOutlineRow(s.Id, s.Definition, s.PlanVersion, s.Version, s.Status, s.Steps));
        Expect.Sequence(outlines, await store.Operations.SagaOutlinesAsync(Guid.Empty, 10, default));
        Expect.Sequence(outlines[2..4], await store.Operations.SagaOutlinesAsync(Id(3), 2, default));
        Expect.Equal(0, (await store.Operations.SagaOutlinesAsync(Id(6), 10, default)).Count);
        Expect.Sequence(removed, await store.Operations.RemovedPageAsync(Guid.Empty, 10, default));
        Expect.Sequence(removed[1..3], await store.Operations.RemovedPageAsync(Id(7), 2, default));
    }

    private static async Task InstancesListed(IStore store, Func<Task<IStore>> openAnother)
    {
        Expect.Equal(0, (await store.Operations.InstancesAsync(10, default)).Count);
        await store.JoinAsync(["order 1", "order 2"], default);
        var left = await openAnother();
        await left.JoinAsync(null, default);
        var gone = await openAnother();
        await gone.JoinAsync(null, default);
        var number = gone.Incarnation;
        Expect.Sequence([number, left.Incarnation, store.Incarnation], (await store.Operations.InstancesAsync(10, default)).Select(i => i.Number));
        Expect.Sequence([number], (await store.Operations.InstancesAsync(1, default)).Select(i => i.Number));
        Expect.That((await store.Operations.InstancesAsync(10, default)).All(i => !i.IsGone));
        await left.LeaveAsync(default);
        await left.DisposeAsync();
        await gone.DisposeAsync();
        var mine = (await store.Operations.InstancesAsync(10, default))[^1];
        Expect.That(mine is { IsGone: false, GoneAt: null, Since: > 0 } && mine.Number == store.Incarnation && mine.Name == InstanceRow.ThisProcess);
        Expect.Sequence(["order 1", "order 2"], mine.Plans ?? []);
        // A server may take a moment to see that a connection has ended.
        for (var patience = 0; !(await store.Operations.InstancesAsync(10, default)).Any(i => i.Number == number && i.IsGone); patience++)
        {
            Expect.That(patience < 300);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        Expect.Sequence([number, store.Incarnation], (await store.Operations.InstancesAsync(10, default)).Select(i => i.Number));
    }

    private static async Task LetterKinds(IStore store)
    {
        await CommitAsync(store, c =>
        {
            c.DeadLetters.AddRange(Enumerable.Range(1, 20).Select(i => Dead($"order {i * 77} is unknown") with { At = i }));
            c.DeadLetters.Add(Dead("") with { At = 50 });
            c.DeadLetters.AddRange([Dead(new string('x', 200) + "1") with { At = 60 }, Dead(new string('x', 200) + "2") with { At = 61 }]);
            c.DeadLetters.Add(Dead("saga 00000000-0000-7000-8000-0000000000ff is unknown") with { At = 70 });
        });
        var kinds = await store.Operations.DeadLetterGroupsAsync(15, 10, default);
        Expect.Sequence(
            [(DeadLetterKind.None, 1L, 50L), ("order # is unknown", 15L, 1L), ("saga # is unknown", 1L, 70L), (new string('x', 200), 2L, 60L)],
            kinds.Select(k => (k.Kind, k.Count, k.OldestAt)));
        Expect.Equal(2, (await store.Operations.DeadLetterGroupsAsync(15, 2, default)).Count);
        var all = await store.Operations.DeadLettersAsync(0, 100, default);
        Expect.Equal(all[19].Number, kinds[1].Newest);
        Expect.Sequence(all.Take(5).Select(d => d.Number), (await store.Operations.DeadLettersOfKindAsync("order # is unknown", 0, 5, default)).Select(d => d.Number));
        Expect.Sequence([all[5].Number], (await store.Operations.DeadLettersOfKindAsync("order # is unknown", all[4].Number, 1, default)).Select(d => d.Number));
        Expect.Equal("order 1540 is unknown", (await store.Operations.DeadLettersOfKindAsync("order # is unknown", all[18].Number, 10, default)).Single().Reason);
        Expect.Equal(0, (await store.Operations.DeadLettersOfKindAsync("another", 0, 10, default)).Count);
        await CommitAsync(store, c => c.DeletedDeadLetters.AddRange(all.Take(20).Select(d => d.Number)));
        Expect.Equal(3, (await store.Operations.DeadLetterGroupsAsync(15, 10, default)).Count);
    }
}
