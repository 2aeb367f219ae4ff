using Skald.Decisions;
using Skald.Storage;

namespace Skald.Testing;

// What a store must keep when others write, when rows are odd, and when its database is away.
public static partial class StoreContract
{
    private static IEnumerable<StoreCase> Obligations =>
    [
        Case("data of another service is refused, and unchanged", AnotherOwner),
        Case("a flow is kept with every field, and updated from the version before", FlowKept),
        Case("a flow is due at its time", FlowDue),
        Case("how far a stream has come is kept, and replaced", PositionsKept),
        Case("an action and its undo that meet on a key without a row are serialised", ActionMeetsUndo),
        Case("of two that answer one request at once, one is refused", OneAnswer),
        Case("of two that handle one event of a new stream at once, the second sees the first", PositionRace),
        Case("of rows with one key in a commit the last counts", LastOfEqualKeys),
        Case("removals come before additions", RemovalsFirst),
        Case("locks that a commit frees are free even if the unit took them itself", FreedAfterTaken),
        Case("what nobody can decode is handed out as it is", UndecodableRows),
        Case("numbers that nobody expects come back", OddNumbers),
        Case("every member says that the database is away, and works again when it is back", CutOff),
        Case("a connection that is cut costs at most an attempt", ConnectionCut),
        Case("a full disk is an outage that passes", FullDisk),
        new StoreCase("what was committed is there after a restart", RestartKeepsData),
    ];

    private static async Task AnotherOwner(IStore store, StoreGround ground)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        var other = await ground.Open();
        try
        {
            await Expect.ThrowsAsync<StoreSetupException>(() => other.StartAsync("contract-owner", [], CancellationToken.None));
        }
        finally
        {
            await other.DisposeAsync();
        }

        Same(Saga(1), await store.Operations.FindSagaAsync(Id(1), default));
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Version = 2 }));
    }

    private static async Task FlowKept(IStore store)
    {
        var row = Flow(1) with { Status = FlowStatus.Stuck, Seen = Json("[{\"n\":1}]"), Reason = "nobody came", WakeAt = 77, StartedAt = 5, UpdatedAt = 6, EndedAt = 7 };
        await CommitAsync(store, c => c.Flows.Add(row));
        await using (var unit = await BeginAsync(store, r => r.Flows.UnionWith([row.Id, Id(9)])))
        {
            Same(row, unit.Loaded.Flows[row.Id]);
            Expect.Equal(1, unit.Loaded.Flows.Count);
        }

        await CommitAsync(store, c => c.Flows.Add(row with { Version = 2, Reason = null }));
        Same(row with { Version = 2, Reason = null }, await store.Operations.FindFlowAsync(row.Id, default));
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c => c.Flows.Add(row with { Version = 2 })));
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c => c.Flows.Add(row)));

        static void Same(FlowRow expected, FlowRow? actual)
        {
            Expect.Equal(expected with { Seen = default }, (actual ?? throw new SkaldAssertionException("The flow is not there.")) with { Seen = default });
            Expect.Bytes(expected.Seen, actual.Seen);
        }
    }

    private static async Task FlowDue(IStore store)
    {
        await CommitAsync(store, c => c.Flows.AddRange([Flow(1) with { WakeAt = UnixTime.From(Now) }, Flow(2)]));
        var early = await store.TakeDueAsync(Now.AddMilliseconds(-1), Lease, 10, true, default);
        Expect.Equal(0, early.Flows.Count);
        Expect.Equal(Now, early.Next);
        Expect.Sequence([Flow(1).Id], (await store.TakeDueAsync(Now, Lease, 10, true, default)).Flows);
    }

    private static async Task PositionsKept(IStore store)
    {
        await CommitAsync(store, c => c.Positions.AddRange([new PositionRow(Position(1), 7), new PositionRow(Position(2), 1)]));
        await CommitAsync(store, c => c.Positions.Add(new PositionRow(Position(1), 9)));
        await using var unit = await BeginAsync(store, r => r.Positions.UnionWith([Position(1), Position(3), Position(2) with { Topic = "another" }]));
        Expect.That(unit.Loaded.Positions.Count == 1 && unit.Loaded.Positions[Position(1)] == 9);
    }

    /// <summary>Each sees the other, whoever comes first, although there is no row to lock: exactly one of them finds nothing.</summary>
    private static async Task ActionMeetsUndo(IStore store, Func<Task<IStore>> openAnother)
    {
        await using var second = await openAnother();
        for (var round = 1; round <= 10; round++)
        {
            var key = new LedgerKey(Id(round), "pay");
            var found = await BothAsync(store, second, unit => unit.Ledger.Add(key), (unit, changes, who) =>
            {
                changes.Ledger.Add(Ledger(round, "pay") with { Undo = who == 1 });
                return unit.Loaded.Ledger.Count;
            });
            Expect.Equal(1, found.Count(n => n == 0));
            Expect.Equal(1, found.Count(n => n == 1));
        }
    }

    private static async Task OneAnswer(IStore store, Func<Task<IStore>> openAnother)
    {
        await using var second = await openAnother();
        for (var round = 1; round <= 10; round++)
        {
            var key = $"key {round}";
            var found = await BothAsync(store, second, unit => unit.Requests.Add(key), (unit, changes, who) =>
            {
                if (unit.Loaded.Requests.Count > 0)
                {
                    return 1;
                }

                changes.Requests.Add(new RequestRow(key, $"{who}", Json("{}"), 1));
                return 0;
            });
            Expect.Equal(1, found.Count(n => n == 0));
        }

        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c => c.Requests.Add(new RequestRow("key 1", "x", Json("{}"), 1))));
    }

    private static async Task PositionRace(IStore store, Func<Task<IStore>> openAnother)
    {
        await using var second = await openAnother();
        for (var round = 1; round <= 10; round++)
        {
            var key = Position(round);
            var found = await BothAsync(store, second, unit => unit.Positions.Add(key), (unit, changes, _) =>
            {
                changes.Positions.Add(new PositionRow(key, unit.Loaded.Positions.GetValueOrDefault(key) + 1));
                return (int)unit.Loaded.Positions.GetValueOrDefault(key);
            });
            Expect.Sequence([0, 1], found.Order());
        }
    }

    private static async Task LastOfEqualKeys(IStore store)
    {
        await CommitAsync(store, c =>
        {
            c.Ledger.AddRange([Ledger(1, "a") with { At = 1 }, Ledger(1, "a") with { At = 2 }]);
            c.Outbox.AddRange([Outgoing(1, 5), Outgoing(1, 6)]);
            c.Delayed.AddRange([Delayed(1, Now) with { Attempts = 1 }, Delayed(1, Now) with { Attempts = 2 }]);
            c.Positions.AddRange([new PositionRow(Position(1), 1), new PositionRow(Position(1), 2)]);
        });
        await using var unit = await BeginAsync(store, r =>
        {
            r.Ledger.Add(new LedgerKey(Id(1), "a"));
            r.Positions.Add(Position(1));
        });
        Expect.Equal(2L, unit.Loaded.Ledger.Single().At);
        Expect.Equal(2L, unit.Loaded.Positions[Position(1)]);
        Expect.Equal(6L, (await store.Operations.OutboxAsync(null, 10, default)).Single().ClaimedUntil);
        Expect.Equal(2, (await store.Operations.DelayedAsync(null, 10, default)).Single().Attempts);
    }

    private static async Task RemovalsFirst(IStore store)
    {
        await CommitAsync(store, c => c.Outbox.Add(Outgoing(1, 5)));
        await CommitAsync(store, c => c.Delayed.Add(Delayed(1, Now)));
        await CommitAsync(store, c =>
        {
            c.Outbox.Add(Outgoing(1, 6));
            c.DeletedOutbox.Add(Id(1));
            c.Delayed.Add(Delayed(1, Now) with { Attempts = 9 });
            c.DeletedDelayed.Add(Id(1));
        });
        Expect.Equal(6L, (await store.Operations.OutboxAsync(null, 10, default)).Single().ClaimedUntil);
        Expect.Equal(9, (await store.Operations.DelayedAsync(null, 10, default)).Single().Attempts);
    }

    private static async Task FreedAfterTaken(IStore store)
    {
        await using (var unit = await BeginAsync(store, _ => { }))
        {
            await KeysOf(unit).TryTakeAsync("slot", "one", Now);
            var changes = new Changes();
            changes.ReleasedOwners.Add("one");
            await unit.CommitAsync(changes, default);
        }

        await WithKeysAsync(store, async keys => Expect.Equal(null, await keys.OwnerAsync("slot")));
    }

    private static async Task UndecodableRows(IStore store)
    {
        byte[] garbage = [0, 255, 1, 0, 10];
        await CommitAsync(store, c =>
        {
            c.Sagas.Add(Saga(1) with { State = garbage, Steps = "garbage", Status = (SagaStatus)99, Definition = "", WakeAt = 0 });
            c.Flows.Add(Flow(1) with { Seen = garbage, Status = (FlowStatus)99, WakeAt = 0 });
            c.Delayed.Add(new DelayedRow(Id(2), garbage, garbage, 1, 0, 0, ""));
            c.Outbox.Add(new OutboxRow(Id(3), garbage, garbage, 0));
            c.DeadLetters.Add(new DeadLetterRow(0, garbage, garbage, "", 0, 0));
            c.Journal.Add(new JournalRow(Id(1), 1, Now, "garbage"));
            c.Ledger.Add(Ledger(1, "") with { Outcome = (LedgerOutcome)99 });
            c.Requests.Add(new RequestRow("", "", garbage, 0));
        });
        var due = await store.TakeDueAsync(Now, Lease, 10, true, default);
        Expect.That(due.Sagas.SequenceEqual([Id(1)]) && due.Flows.SequenceEqual([Flow(1).Id]));
        Expect.Bytes(garbage, due.Delayed.Single().Envelope);
        Expect.Bytes(garbage, due.Outbox.Single().Envelope);
        Expect.Bytes(garbage, (await store.Operations.DeadLettersAsync(0, 10, default)).Single().Envelope);
        Expect.Equal("garbage", (await store.Operations.JournalAsync(Id(1), 0, 10, default)).Single().Entries);
        Expect.Bytes(garbage, (await store.Operations.FindRequestAsync("", default))!.Answer);
        await using var unit = await BeginAsync(store, r =>
        {
            r.Sagas.Add(Id(1));
            r.Flows.Add(Flow(1).Id);
            r.Ledger.Add(new LedgerKey(Id(1), ""));
        });
        Expect.That(unit.Loaded.Sagas[Id(1)] is { Steps: "garbage", Status: (SagaStatus)99 } && unit.Loaded.Flows[Flow(1).Id].Status == (FlowStatus)99);
        Expect.Equal((LedgerOutcome)99, unit.Loaded.Ledger.Single().Outcome);
    }

    private static async Task OddNumbers(IStore store)
    {
        var row = Saga(1) with { PlanVersion = int.MaxValue, StartedAt = long.MinValue, UpdatedAt = long.MaxValue, EndedAt = 0, WakeAt = long.MaxValue, Incarnation = long.MinValue };
        await CommitAsync(store, c => c.Sagas.Add(row));
        Same(row, await store.Operations.FindSagaAsync(Id(1), default));
        Expect.Equal(0, (await store.TakeDueAsync(Now, Lease, 10, true, default)).Sagas.Count);
    }

    private static async Task CutOff(IStore store, StoreGround ground)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        if (ground.IsInProcess)
        {
            return;
        }

        await using (await Hook(ground.CutOff)())
        {
            foreach (var (name, use) in Members(store))
            {
                await Expect.ThrowsAsync<StoreUnavailableException>(use, name);
            }
        }

        await BackAsync(store);
        foreach (var (_, use) in Members(store))
        {
            await use();
        }
    }

    private static IEnumerable<(string Name, Func<Task> Use)> Members(IStore store)
    {
        yield return ("a unit of work", () => CommitAsync(store, r => r.Sagas.Add(Id(1)), _ => { }));
        yield return ("KeepSecretAsync", () => store.KeepSecretAsync(new byte[32], default));
        yield return ("LoadMoreAsync", () => InsideAsync(store, unit => unit.LoadMoreAsync(new LoadRequest { Ledger = { new LedgerKey(Id(2), "x") } }, default)));
        yield return ("a business key", () => InsideAsync(store, async unit =>
        {
            if (unit.Keys is { } keys)
            {
                await keys.OwnerAsync("k");
            }
        }));
        if (store.EventLog is { } events)
        {
            yield return ("a stream", () => InsideAsync(store, async unit => await EventStoreContract.StreamsOf(unit).ReadStreamAsync("a/1", null, default)));
            yield return ("IEventLog.ReadAsync", () => events.ReadAsync(EventPosition.Start, 10, default).AsTask());
            yield return ("IEventLog.CountAsync", () => events.CountAsync(EventPosition.Start, 10, default).AsTask());
            yield return ("IEventLog.ReadStreamAsync", () => events.ReadStreamAsync("a/1", 0, 10, default).AsTask());
            yield return ("IEventLog.FindSnapshotAsync", () => events.FindSnapshotAsync("a/1", "shape", default).AsTask());
        }

        if (store.AllowsParallelUnits)
        {
            yield return ("AskTimeAsync", () => store.AskTimeAsync(default).AsTask());
        }

        yield return ("TakeDueAsync", () => store.TakeDueAsync(Now, Lease, 10, true, default).AsTask());
        yield return ("FindSagaAsync", () => store.Operations.FindSagaAsync(Id(1), default).AsTask());
        yield return ("SagasAsync", () => store.Operations.SagasAsync(new InstanceFilter(), null, 10, default).AsTask());
        yield return ("CountSagasAsync", () => store.Operations.CountSagasAsync(new InstanceFilter(), 10, default).AsTask());
        yield return ("FindFlowAsync", () => store.Operations.FindFlowAsync(Id(1), default).AsTask());
        yield return ("FlowsAsync", () => store.Operations.FlowsAsync(new InstanceFilter(), null, 10, default).AsTask());
        yield return ("CountFlowsAsync", () => store.Operations.CountFlowsAsync(new InstanceFilter(), 10, default).AsTask());
        yield return ("JournalAsync", () => store.Operations.JournalAsync(Id(1), 0, 10, default).AsTask());
        yield return ("FailureGroupsAsync", () => store.Operations.FailureGroupsAsync(new InstanceFilter(), 10, 10, default).AsTask());
        yield return ("LedgerAsync", () => store.Operations.LedgerAsync(Id(1), 10, default).AsTask());
        yield return ("LedgerPageAsync", () => store.Operations.LedgerPageAsync(Guid.Empty, 10, default).AsTask());
        yield return ("SagaOutlinesAsync", () => store.Operations.SagaOutlinesAsync(Guid.Empty, 10, default).AsTask());
        yield return ("RemovedPageAsync", () => store.Operations.RemovedPageAsync(Guid.Empty, 10, default).AsTask());
        yield return ("InstancesAsync", () => store.Operations.InstancesAsync(10, default).AsTask());
        yield return ("DeadLetterGroupsAsync", () => store.Operations.DeadLetterGroupsAsync(10, 10, default).AsTask());
        yield return ("DeadLettersOfKindAsync", () => store.Operations.DeadLettersOfKindAsync("no", 0, 10, default).AsTask());
        yield return ("AuditAsync", () => store.Operations.AuditAsync(new AuditFilter(), null, 10, default).AsTask());
        yield return ("FindJobAsync", () => store.Operations.FindJobAsync(Id(1), default).AsTask());
        yield return ("JobsAsync", () => store.Operations.JobsAsync(null, null, 10, default).AsTask());
        yield return ("JobItemsAsync", () => store.Operations.JobItemsAsync(Id(1), null, 0, 10, default).AsTask());
        yield return ("WaitingSagasAsync", () => store.Operations.WaitingSagasAsync(null, 10, default).AsTask());
        yield return ("DelayedAsync", () => store.Operations.DelayedAsync(null, 10, default).AsTask());
        yield return ("OutboxAsync", () => store.Operations.OutboxAsync(null, 10, default).AsTask());
        yield return ("CountOutboxAsync", () => store.Operations.CountOutboxAsync(10, default).AsTask());
        yield return ("FindDeadLetterAsync", () => store.Operations.FindDeadLetterAsync(1, default).AsTask());
        yield return ("DeadLettersAsync", () => store.Operations.DeadLettersAsync(0, 10, default).AsTask());
        yield return ("FindRemovedAsync", () => store.Operations.FindRemovedAsync(Id(1), default).AsTask());
        yield return ("FindRequestAsync", () => store.Operations.FindRequestAsync("k", default).AsTask());
        if (store.Retention is { } retention)
        {
            yield return ("IsForThisInstanceAsync", () => retention.IsForThisInstanceAsync(default).AsTask());
            yield return ("FindEndedAsync", () => retention.FindEndedAsync(new EndedQuery(0, 0, 3, 10), default).AsTask());
            yield return ("RemoveAsync", () => retention.RemoveAsync(OldRows.Requests, 0, 10, default).AsTask());
        }
    }

    private static async Task InsideAsync(IStore store, Func<IUnitOfWork, ValueTask> use)
    {
        await using var unit = await store.BeginAsync(new LoadRequest(), default);
        await use(unit);
    }

    private static async Task ConnectionCut(IStore store, StoreGround ground)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        if (ground.CutConnections is not { } cut)
        {
            return;
        }

        foreach (var (_, use) in Members(store))
        {
            await cut();
            await Outage.OnceMoreAsync(use);
        }

        // Cut while a unit of work is open: it fails as a whole, or was not concerned.
        var unit = await BeginAsync(store, r => r.Sagas.Add(Id(1)));
        await cut();
        await Outage.OrNothingAsync(async () =>
        {
            var changes = new Changes();
            changes.Sagas.Add(Saga(1) with { Version = 2 });
            await unit.CommitAsync(changes, default);
        });
        await unit.DisposeAsync();
        await BackAsync(store);
        var version = (await store.Operations.FindSagaAsync(Id(1), default))!.Version;
        await Outage.OnceMoreAsync(() => CommitAsync(store, r => r.Sagas.Add(Id(1)), c => c.Sagas.Add(Saga(1) with { Version = version + 1 })));
        var late = await BeginAsync(store, _ => { });
        await cut();
        await Outage.OrNothingAsync(() =>
        {
            var more = new LoadRequest();
            more.Sagas.Add(Id(1));
            return late.LoadMoreAsync(more, default).AsTask();
        });
        await late.DisposeAsync();
        await BackAsync(store);
    }

    private static async Task FullDisk(IStore store, StoreGround ground)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        if (ground.IsInProcess)
        {
            return;
        }

        for (var round = 0; round < 3; round++)
        {
            await using (await Hook(ground.FillDisk)())
            {
                await Expect.ThrowsAsync<StoreUnavailableException>(() => FillAsync(store));
            }

            await BackAsync(store);
            Same(Saga(1), await store.Operations.FindSagaAsync(Id(1), default));
            Expect.That(await store.Operations.FindSagaAsync(Id(2), default) is null);
        }

        await CommitAsync(store, c => c.Sagas.Add(Saga(2)));
    }

    /// <summary>More than there is room for, in one commit: nothing of it stays.</summary>
    private static Task FillAsync(IStore store) => CommitAsync(store, c =>
    {
        c.Sagas.Add(Saga(2));
        c.Sagas.AddRange(Enumerable.Range(100, 60).Select(i => Saga(i) with { State = new byte[900_000] }));
    });

    private static async Task RestartKeepsData(StoreGround ground)
    {
        await using (var store = await OpenAsync(ground))
        {
            await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        }

        await using var later = await OpenAsync(ground);
        Same(Saga(1), await later.Operations.FindSagaAsync(Id(1), default));
    }

    // How long the first of two waits for the second to begin beside it. Where they are serialised it never does.
    private static readonly TimeSpan Meeting = TimeSpan.FromMilliseconds(20);

    /// <summary>Two units of work at once, each done again when it is told that another was first.</summary>
    private static Task<int[]> BothAsync(IStore first, IStore second, Action<LoadRequest> load, Func<IUnitOfWork, Changes, int, int> decide)
    {
        var (begun, both) = (0, new TaskCompletionSource());
        return Task.WhenAll(AtOnceAsync(first, 0), AtOnceAsync(second, 1)).WaitAsync(Expect.Patience);

        Task<int> AtOnceAsync(IStore store, int who) => Task.Run(async () =>
        {
            while (true)
            {
                try
                {
                    await using var unit = await BeginAsync(store, load);
                    if (Interlocked.Increment(ref begun) == 2)
                    {
                        both.TrySetResult();
                    }

                    await Task.WhenAny(both.Task, Task.Delay(Meeting, TimeProvider.System));
                    var changes = new Changes();
                    var result = decide(unit, changes, who);
                    await unit.CommitAsync(changes, default);
                    return result;
                }
                catch (Exception exception) when (exception is SagaConcurrencyException or StoreUnavailableException)
                {
                    // The other was first, or has kept it for longer than one waits: read again, decide again.
                }
            }
        });
    }

    private static T Hook<T>(T? hook) where T : Delegate => hook
        ?? throw new SkaldAssertionException("The ground says neither how to take its database away nor that it lives in the process.");

    private static Task BackAsync(IStore store) => Outage.EndsAsync(async () =>
    {
        await CommitAsync(store, _ => { });
        await store.Operations.CountOutboxAsync(1, default);
    });
}
