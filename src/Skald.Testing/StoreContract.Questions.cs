using Skald.Storage;

namespace Skald.Testing;

// What people and tools ask.
public static partial class StoreContract
{
    private static IEnumerable<StoreCase> Questions =>
    [
        Case("sagas are listed by definition, status, key and age, the latest started first", ListedByEverything),
        Case("pages of sagas follow each other without a gap or a repeat", Pages),
        Case("counts end at their cap", CappedCounts),
        Case("flows are listed and counted apart from sagas", FlowsListed),
        Case("sagas that will be woken are listed, soonest first", WaitingListed),
    ];

    private static async Task ListedByEverything(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.AddRange(
        [
            Saga(1) with { StartedAt = 10, BusinessKey = "o7" },
            Saga(2) with { StartedAt = 30, Status = SagaStatus.Parked },
            Saga(3) with { StartedAt = 20, BusinessKey = "o8" },
            Saga(4) with { StartedAt = 40, Definition = "other", BusinessKey = "o7" },
        ]));
        Expect.Equal("4 2 3 1", await ListAsync(new InstanceFilter()));
        Expect.Equal("2 3 1", await ListAsync(new InstanceFilter { Definition = "order" }));
        Expect.Equal("3 1", await ListAsync(new InstanceFilter { Definition = "order", Statuses = [(int)SagaStatus.Running] }));
        Expect.Equal("4 3 1", await ListAsync(new InstanceFilter { Statuses = [(int)SagaStatus.Running] }));
        Expect.Equal("2", await ListAsync(new InstanceFilter { Statuses = [(int)SagaStatus.Parked] }));
        Expect.Equal("", await ListAsync(new InstanceFilter { Statuses = [(int)SagaStatus.Completed] }));
        Expect.Equal("", await ListAsync(new InstanceFilter { Definition = "orde" }));
        Expect.Equal("4 1", await ListAsync(new InstanceFilter { Key = "o7" }));
        Expect.Equal("1", await ListAsync(new InstanceFilter { Key = "o7", Definition = "order" }));
        Expect.Equal("", await ListAsync(new InstanceFilter { Key = "o7", Statuses = [(int)SagaStatus.Parked] }));
        Expect.Equal("2 3", await ListAsync(new InstanceFilter { StartedFrom = 20, StartedBefore = 40 }));
        Expect.Equal("3 1", await ListAsync(new InstanceFilter { StartedBefore = 30 }));
        Expect.Equal("4", await ListAsync(new InstanceFilter { Key = "o7", StartedFrom = 11 }));
        Same(Saga(4) with { StartedAt = 40, Definition = "other", BusinessKey = "o7" }, (await store.Operations.SagasAsync(new InstanceFilter { Definition = "other" }, null, 10, default)).Single());

        async Task<string> ListAsync(InstanceFilter filter)
        {
            var rows = await store.Operations.SagasAsync(filter, null, 10, default);
            Expect.Equal((long)rows.Count, await store.Operations.CountSagasAsync(filter, 10, default));
            return string.Join(' ', rows.Select(r => Enumerable.Range(1, 4).First(n => Id(n) == r.Id)));
        }
    }

    private static async Task Pages(IStore store)
    {
        // Many at one time: the id decides between them.
        await CommitAsync(store, c => c.Sagas.AddRange(Enumerable.Range(1, 40).Select(i => Saga(i) with
        {
            StartedAt = 100 + (i / 10), Definition = i % 3 == 0 ? "third" : "order", Status = i % 2 == 0 ? SagaStatus.Completed : SagaStatus.Running, BusinessKey = "key",
        })));
        foreach (var filter in new[] { new InstanceFilter(), new InstanceFilter { Definition = "third" }, new InstanceFilter { Statuses = [(int)SagaStatus.Running] }, new InstanceFilter { Key = "key" }, new InstanceFilter { StartedBefore = 103 } })
        {
            var all = (await store.Operations.SagasAsync(filter, null, 100, default)).Select(r => r.Id).ToList();
            var paged = new List<Guid>();
            for (PagePosition? after = null; ;)
            {
                var page = await store.Operations.SagasAsync(filter, after, 7, default);
                paged.AddRange(page.Select(r => r.Id));
                if (page.Count < 7 || paged.Count > all.Count)
                {
                    break;
                }

                after = new PagePosition(page[^1].StartedAt, page[^1].Id);
            }

            Expect.Sequence(all, paged, $"the pages of {filter}");
            Expect.Equal(all.Count, all.Distinct().Count(), $"the ids of {filter}");
        }
    }

    private static async Task CappedCounts(IStore store)
    {
        await CommitAsync(store, c =>
        {
            c.Sagas.AddRange(Enumerable.Range(1, 30).Select(i => Saga(i) with { Definition = $"d{i % 4}", Status = i % 2 == 0 ? SagaStatus.Completed : SagaStatus.Running }));
            c.Outbox.AddRange(Enumerable.Range(1, 30).Select(i => Outgoing(i, 0)));
        });
        Expect.Equal(30L, await store.Operations.CountSagasAsync(new InstanceFilter(), 100, default));
        Expect.Equal(30L, await store.Operations.CountSagasAsync(new InstanceFilter(), 30, default));
        Expect.Equal(29L, await store.Operations.CountSagasAsync(new InstanceFilter(), 29, default));
        Expect.Equal(10L, await store.Operations.CountSagasAsync(new InstanceFilter { Statuses = [(int)SagaStatus.Completed] }, 10, default));
        Expect.Equal(30L, await store.Operations.CountOutboxAsync(100, default));
        Expect.Equal(20L, await store.Operations.CountOutboxAsync(20, default));
    }

    private static async Task FlowsListed(IStore store)
    {
        await CommitAsync(store, c =>
        {
            c.Sagas.Add(Saga(1) with { Definition = "booking" });
            c.Flows.AddRange([Flow(1) with { StartedAt = 10 }, Flow(2) with { StartedAt = 30, Status = FlowStatus.Stuck }, Flow(3) with { StartedAt = 20 }]);
        });
        Expect.Equal(1L, await store.Operations.CountSagasAsync(new InstanceFilter(), 100, default));
        Expect.Equal("b2 b3 b1", await ListAsync(new InstanceFilter()));
        Expect.Equal("b3 b1", await ListAsync(new InstanceFilter { Definition = "booking", Statuses = [(int)FlowStatus.Running] }));
        Expect.Equal("b2", await ListAsync(new InstanceFilter { Key = "b2" }));
        Expect.Equal("", await ListAsync(new InstanceFilter { Key = "b2", Definition = "another" }));
        Expect.Equal("", await ListAsync(new InstanceFilter { Key = "b2", Statuses = [(int)FlowStatus.Running] }));
        var first = (await store.Operations.FlowsAsync(new InstanceFilter(), null, 1, default)).Single();
        Expect.Equal("b3", (await store.Operations.FlowsAsync(new InstanceFilter(), new PagePosition(first.StartedAt, first.Id), 1, default)).Single().Flow);

        async Task<string> ListAsync(InstanceFilter filter)
        {
            var rows = await store.Operations.FlowsAsync(filter, null, 10, default);
            Expect.Equal((long)rows.Count, await store.Operations.CountFlowsAsync(filter, 10, default));
            return string.Join(' ', rows.Select(r => r.Flow));
        }
    }

    private static async Task WaitingListed(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.AddRange([Saga(1) with { WakeAt = 30_000 }, Saga(2), Saga(3) with { WakeAt = 10_000 }, Saga(4) with { WakeAt = 20_000 }]));
        Expect.Sequence([Id(3), Id(4)], (await store.Operations.WaitingSagasAsync(null, 2, default)).Select(s => s.Id));
        Expect.Equal(3, (await store.Operations.WaitingSagasAsync(null, 10, default)).Count);
    }
}
