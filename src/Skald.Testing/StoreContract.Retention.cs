using Skald.Decisions;
using Skald.Storage;

namespace Skald.Testing;

// What is removed, and what is known of it then.
public static partial class StoreContract
{
    private static IEnumerable<StoreCase> Retention =>
    [
        Case("sagas and flows that have ended are found, the longest ended first, and none that is open or held", EndedFound),
        Case("of what has ended, so many are kept", MostKept),
        Case("sagas of plans that an instance does not know are found later", EndedStrangers),
        Case("what is removed goes with its timeline, and that it was there stays known", Removed),
        Case("a hold comes and goes with its saga's versions", Held),
        Case("a ledger key that is forgotten loses every row, and no other key does", Forgotten),
        Case("a saga's messages that are put off or dead-lettered are known", Unhandled),
        Case("old answers to requests are removed, oldest first, at most the limit", RequestsRemoved),
        Case("old ledger rows of no step are removed, oldest first, at most the limit", MessagesRemoved),
        Case("old lines of others' flows are removed, oldest first, at most the limit", TimelinesRemoved),
        Case("what was removed long ago is not known any more, oldest first, at most the limit", RemovedRemoved),
        Case("it is for one instance to remove things, and for another when that one is gone", OneRemoves),
    ];

    private static async Task EndedFound(IStore store)
    {
        if (store.Retention is not { } retention)
        {
            // It keeps everything.
            return;
        }

        await store.JoinAsync(null, default);
        await CommitAsync(store, c =>
        {
            c.Sagas.AddRange([EndedSaga(1, 30), EndedSaga(2, 10), EndedSaga(3, 20), EndedSaga(4, 5) with { Hold = "ann: looks at it" }, EndedSaga(5, 40), Saga(6) with { Status = SagaStatus.Parked }]);
            c.Flows.AddRange([EndedFlow(1, 12), EndedFlow(2, 11), Flow(3), EndedFlow(4, 40)]);
        });
        Expect.Sequence([Id(2), Id(3), Id(1)], (await retention.FindEndedAsync(new EndedQuery(40, 40, null, 10), default)).Sagas);
        Expect.Sequence([Flow(2).Id, Flow(1).Id], (await retention.FindEndedAsync(new EndedQuery(40, 40, null, 10), default)).Flows);
        var first = await retention.FindEndedAsync(new EndedQuery(40, 40, null, 1), default);
        Expect.Sequence([Id(2)], first.Sagas);
        Expect.Sequence([Flow(2).Id], first.Flows);
    }

    private static async Task MostKept(IStore store)
    {
        if (store.Retention is not { } retention)
        {
            return;
        }

        await store.JoinAsync(null, default);
        await CommitAsync(store, c =>
        {
            c.Sagas.AddRange([EndedSaga(1, 30), EndedSaga(2, 10), EndedSaga(3, 20), EndedSaga(4, 20), EndedSaga(5, 5) with { Hold = "ann" }, Saga(6)]);
            c.Flows.AddRange([EndedFlow(1, 12), EndedFlow(2, 11)]);
        });
        Expect.Sequence([Id(2)], (await retention.FindEndedAsync(new EndedQuery(1, 1, 3, 10), default)).Sagas);
        // What ended together stays together.
        Expect.Sequence([Id(2)], (await retention.FindEndedAsync(new EndedQuery(1, 1, 2, 10), default)).Sagas);
        Expect.Equal(0, (await retention.FindEndedAsync(new EndedQuery(1, 1, 4, 10), default)).Sagas.Count);
        Expect.Sequence([Id(2), Id(3), Id(4)], (await retention.FindEndedAsync(new EndedQuery(1, 1, 1, 10), default)).Sagas.Order());
        Expect.Sequence([Flow(2).Id], (await retention.FindEndedAsync(new EndedQuery(1, 1, 1, 10), default)).Flows);
        // Age counts as well.
        Expect.Sequence([Id(2)], (await retention.FindEndedAsync(new EndedQuery(20, 20, 4, 10), default)).Sagas);
    }

    private static async Task EndedStrangers(IStore store, Func<Task<IStore>> openAnother)
    {
        if (store.Retention is not { } retention)
        {
            return;
        }

        await store.JoinAsync(["order 1"], default);
        await CommitAsync(store, c => c.Sagas.AddRange(
            [EndedSaga(1, 30), EndedSaga(2, 10) with { PlanVersion = 2 }, EndedSaga(3, 20) with { PlanVersion = 2 }, EndedSaga(4, 25) with { Definition = "other" }]));
        Expect.Sequence([Id(2), Id(1)], (await retention.FindEndedAsync(new EndedQuery(40, 20, null, 10), default)).Sagas);
        Expect.Sequence([Id(1)], (await retention.FindEndedAsync(new EndedQuery(40, 0, null, 1), default)).Sagas);
        // Too many are too many, also of those that nobody knows.
        Expect.Sequence([Id(2), Id(3), Id(4)], (await retention.FindEndedAsync(new EndedQuery(1, 1, 1, 10), default)).Sagas);
        var another = await openAnother();
        await another.JoinAsync(["order 2"], default);
        // They are that one's to remove.
        Expect.Sequence([Id(1)], (await retention.FindEndedAsync(new EndedQuery(40, 25, null, 10), default)).Sagas);
        await another.LeaveAsync(default);
        await another.DisposeAsync();
    }

    private static async Task Removed(IStore store)
    {
        if (store.Retention is null)
        {
            return;
        }

        var (saga, flow) = (EndedSaga(1, 30), EndedFlow(1, 40));
        await CommitAsync(store, c =>
        {
            c.Sagas.AddRange([saga, EndedSaga(2, 30)]);
            c.Flows.Add(flow);
            c.Journal.AddRange([Line(saga.Id, 1), Line(saga.Id, 2), Line(flow.Id, 1), Line(Id(2), 1)]);
        });
        RemovedRow[] known = [new(saga.Id, "order", "order 7 — ✓", 2, 1, 30, 50), new(flow.Id, "booking", null, 1, 2, 40, 50)];
        await CommitAsync(store, r => (r.Sagas, r.Flows).Both(saga.Id, flow.Id), c =>
        {
            c.RemovedSagas.AddRange([saga.Id, Id(99)]);
            c.RemovedFlows.Add(flow.Id);
            c.Removed.AddRange(known);
            // Of what is removed nothing is left, also of what the same commit writes.
            c.Journal.Add(Line(saga.Id, 3));
        });
        Expect.That(await store.Operations.FindSagaAsync(saga.Id, default) is null && await store.Operations.FindFlowAsync(flow.Id, default) is null);
        Expect.Equal(0, (await store.Operations.JournalAsync(saga.Id, 0, 10, default)).Count + (await store.Operations.JournalAsync(flow.Id, 0, 10, default)).Count);
        Expect.Equal(known[0], await store.Operations.FindRemovedAsync(saga.Id, default));
        Expect.Equal(known[1], await store.Operations.FindRemovedAsync(flow.Id, default));
        Expect.That(await store.Operations.FindRemovedAsync(Id(2), default) is null);
        Expect.That(await store.Operations.FindSagaAsync(Id(2), default) is not null);
        Expect.Equal(1, (await store.Operations.JournalAsync(Id(2), 0, 10, default)).Count);
        Expect.Equal(1L, await store.Operations.CountSagasAsync(new InstanceFilter(), 10, default));
    }

    private static async Task Held(IStore store)
    {
        var held = Saga(1) with { Hold = "ann: naïve — 日本語" };
        await CommitAsync(store, c => c.Sagas.Add(held));
        Same(held, await store.Operations.FindSagaAsync(held.Id, default));
        await using (var unit = await BeginAsync(store, r => r.Sagas.Add(held.Id)))
        {
            Expect.Equal(held.Hold, unit.Loaded.Sagas[held.Id].Hold);
        }

        await CommitAsync(store, c => c.Sagas.Add(held with { Version = 2, Hold = null }));
        Expect.That((await store.Operations.FindSagaAsync(held.Id, default))!.Hold is null);
        await CommitAsync(store, c => c.Sagas.Add(held with { Version = 3, Hold = "bob" }));
        Expect.Equal("bob", (await store.Operations.FindSagaAsync(held.Id, default))!.Hold);
    }

    private static async Task Forgotten(IStore store)
    {
        if (store.Retention is null)
        {
            return;
        }

        var row = Ledger(1, "pay") with { Secret = Id(50) };
        LedgerRow[] kept = [row with { Secret = Id(51) }, row with { Step = "pay2" }, row with { Scope = Id(2) }];
        await CommitAsync(store, c => c.Ledger.AddRange([row, row with { Undo = true }, row with { Attempt = 2 }, .. kept]));
        var key = new LedgerKey(row.Scope, row.Step, row.Secret);
        await CommitAsync(store, c => c.Forgotten.UnionWith([key, new LedgerKey(Id(77), "nothing")]));
        await using var unit = await BeginAsync(store, r => r.Ledger.UnionWith([key, .. kept.Select(k => new LedgerKey(k.Scope, k.Step, k.Secret))]));
        Expect.Equal(3, unit.Loaded.Ledger.Count);
        Expect.That(!unit.Loaded.Ledger.Any(l => l.Scope == row.Scope && l.Step == row.Step && l.Secret == row.Secret));
    }

    private static async Task Unhandled(IStore store)
    {
        await CommitAsync(store, c =>
        {
            c.Delayed.AddRange([Delayed(11, Now) with { Saga = Id(1) }, Delayed(12, Now)]);
            c.DeadLetters.AddRange([Dead("a") with { Saga = Id(2) }, Dead("b")]);
        });
        Guid[] asked = [Id(1), Id(2), Id(3)];
        await using (var unit = await BeginAsync(store, r => r.Unhandled.UnionWith(asked)))
        {
            Expect.Sequence([Id(1), Id(2)], unit.Loaded.Unhandled.Order());
        }

        Expect.Equal(Id(1), (await store.Operations.DelayedAsync(null, 10, default)).Single(d => d.Id == Id(11)).Saga);
        var letter = (await store.Operations.DeadLettersAsync(0, 10, default)).Single(d => d.Reason == "a");
        Expect.Equal(Id(2), letter.Saga);
        await CommitAsync(store, c =>
        {
            c.DeletedDelayed.Add(Id(11));
            c.DeletedDeadLetters.Add(letter.Number);
        });
        await using var late = await BeginAsync(store, _ => { });
        await late.LoadMoreAsync(new LoadRequest { Unhandled = { Id(1), Id(2) } }, default);
        Expect.Equal(0, late.Loaded.Unhandled.Count);
    }

    private static async Task RequestsRemoved(IStore store)
    {
        if (store.Retention is not { } retention)
        {
            return;
        }

        await CommitAsync(store, c => c.Requests.AddRange(Enumerable.Range(1, 5).Select(i => new RequestRow($"k{i}", "f", Json("{}"), i))));
        Expect.Equal(2, await retention.RemoveAsync(OldRows.Requests, 4, 2, default));
        Expect.That(await store.Operations.FindRequestAsync("k2", default) is null && await store.Operations.FindRequestAsync("k3", default) is not null);
        Expect.Equal(1, await retention.RemoveAsync(OldRows.Requests, 4, 10, default));
        Expect.Equal(0, await retention.RemoveAsync(OldRows.Requests, 4, 10, default));
        Expect.That(await store.Operations.FindRequestAsync("k4", default) is not null);
    }

    private static async Task MessagesRemoved(IStore store)
    {
        if (store.Retention is not { } retention)
        {
            return;
        }

        var keys = Enumerable.Range(1, 5).Select(i => new LedgerKey(Id(i), "")).ToList();
        await CommitAsync(store, c =>
        {
            c.Ledger.AddRange(Enumerable.Range(1, 5).Select(i => Ledger(i, "") with { At = i }));
            // The only copy of what was begun may still come.
            c.Ledger.Add(Ledger(9, "") with { At = 1, Outcome = LedgerOutcome.Begun, ReplyType = null });
            c.Ledger.Add(Ledger(1, "pay") with { At = 1 });
        });
        Expect.Equal(2, await retention.RemoveAsync(OldRows.Messages, 4, 2, default));
        Expect.Equal(1, await retention.RemoveAsync(OldRows.Messages, 4, 10, default));
        await using var unit = await BeginAsync(store, r => r.Ledger.UnionWith([.. keys, new LedgerKey(Id(1), "pay"), new LedgerKey(Id(9), "")]));
        Expect.Sequence([Id(1), Id(4), Id(5), Id(9)], unit.Loaded.Ledger.Select(l => l.Scope).Order());
    }

    private static async Task TimelinesRemoved(IStore store)
    {
        if (store.Retention is not { } retention)
        {
            return;
        }

        var start = Now.ToUnixTimeMilliseconds();
        await CommitAsync(store, c => c.Journal.AddRange([Line(Id(1), 0, 1), Line(Id(1), 0, 3), Line(Id(2), 0, 2), Line(Id(1), 1, 1), Line(Id(2), 0, 9)]));
        Expect.Equal(2, await retention.RemoveAsync(OldRows.Timelines, start + 5, 2, default));
        Expect.Sequence([1L, 0L], (await store.Operations.JournalAsync(Id(1), 0, 10, default)).Select(j => j.Version).OrderDescending());
        Expect.Equal(1, await retention.RemoveAsync(OldRows.Timelines, start + 5, 10, default));
        Expect.Equal(1, (await store.Operations.JournalAsync(Id(1), 0, 10, default)).Count);
        Expect.Equal(1, (await store.Operations.JournalAsync(Id(2), 0, 10, default)).Count);
    }

    private static async Task RemovedRemoved(IStore store)
    {
        if (store.Retention is not { } retention)
        {
            return;
        }

        await CommitAsync(store, c => c.Removed.AddRange(Enumerable.Range(1, 4).Select(i => new RemovedRow(Id(i), "order", null, 1, 1, 1, i))));
        // Known anew.
        var anew = new RemovedRow(Id(1), "other", "k", 2, 3, 4, 9);
        await CommitAsync(store, c => c.Removed.Add(anew));
        Expect.Equal(1, await retention.RemoveAsync(OldRows.Removed, 4, 1, default));
        Expect.That(await store.Operations.FindRemovedAsync(Id(2), default) is null && await store.Operations.FindRemovedAsync(Id(3), default) is not null);
        Expect.Equal(1, await retention.RemoveAsync(OldRows.Removed, 4, 10, default));
        Expect.Equal(anew, await store.Operations.FindRemovedAsync(Id(1), default));
    }

    private static async Task OneRemoves(IStore store, Func<Task<IStore>> openAnother)
    {
        if (store.Retention is not { } retention)
        {
            return;
        }

        Expect.That(!await retention.IsForThisInstanceAsync(default));
        await store.JoinAsync(null, default);
        var another = await openAnother();
        await using (another)
        {
            await another.JoinAsync(null, default);
            var others = another.Retention!;
            if (ReferenceEquals(store, another))
            {
                return;
            }

            Expect.That(await retention.IsForThisInstanceAsync(default) ^ await others.IsForThisInstanceAsync(default));
            await store.LeaveAsync(default);
            Expect.That(await others.IsForThisInstanceAsync(default));
        }
    }

    private static SagaRow EndedSaga(int number, long at) => Saga(number) with { Status = SagaStatus.Completed, EndedAt = at };

    private static FlowRow EndedFlow(int number, long at) => Flow(number) with { Status = FlowStatus.Completed, EndedAt = at };

    private static JournalRow Line(Guid owner, long version, int after = 0) => new(owner, version, Now.AddMilliseconds(after), "1\t\t\n");

    private static void Both(this (HashSet<Guid> Sagas, HashSet<Guid> Flows) request, Guid saga, Guid flow)
    {
        request.Sagas.Add(saga);
        request.Flows.Add(flow);
    }
}
