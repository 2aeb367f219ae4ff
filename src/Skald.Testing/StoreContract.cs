using System.Data.Common;
using System.Text;
using Skald.Decisions;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Testing;

/// <summary>What every <see cref="IStore"/> promises, as named cases. An adapter's tests run them all against fresh stores.</summary>
/// <remarks>One instance serves one lane: it opens one unit of work at a time. Others write through instances of their own.</remarks>
public static partial class StoreContract
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>The service whose data the cases write.</summary>
    public const string Owner = "contract.owner";

    /// <summary>The cases.</summary>
    public static IReadOnlyList<StoreCase> Cases { get; } =
    [
        .. Basics, .. Waiting, .. Instances, .. Retention, .. Obligations, .. Questions, .. Groups, .. Jobs, .. Bounds,
    ];

    private static IEnumerable<StoreCase> Basics =>
    [
        Case("starting twice is harmless", StartingTwice),
        Case("nothing is found in an empty store", EmptyStore),
        Case("a committed saga is found with every field", EveryFieldOfASaga),
        Case("nulls, unicode and quotes come back as they were", NullsAndUnicode),
        Case("a saga is updated from the version before", UpdateFromTheVersionBefore),
        Case("a state that has not changed stays, however often its saga changes", UnchangedState),
        Case("an update from a stale version is refused and writes nothing", StaleVersion),
        Case("a second insert of one saga is refused", SecondInsert),
        Case("what is not committed is rolled back", RolledBack),
        Case("a unit of work loads only what was asked for", LoadsWhatWasAsked),
        Case("two writers of one saga never overwrite each other", TwoWriters),
        Case("work can begin again after a refused commit", BeginAfterRefusal),
        Case("ledger rows are found by saga and step, every attempt and both directions", LedgerByKey),
        Case("a ledger row of the same key is replaced", LedgerReplaced),
        Case("ledger rows of one step with different secrets know nothing of each other", LedgersOfSecrets),
        Case("a secret is kept for good, and all have the same", SecretKept),
        Case("of two that draw a secret at once, both get the first", OneSecret),
        Case("the answer to a request is remembered under its key", RequestRemembered),
        Case("the journal of a saga comes in the order of writing", JournalOrder),
        Case("sagas are counted by status", CountedByStatus),
        Case("one commit carries a thousand rows of each kind", ThousandRows),
        Case("a handler's own rows share the fate of the unit of work", OwnRows),
        Case("a database that is away is told from a mistake", OutageOrMistake),
        Case("code that is left with a unit reaches nothing more, and keeps nobody waiting", AbandonedUnit),
        Case("waiting for a transaction can be abandoned", AbandonedWait),
        Case("what one process commits, another reads", AnotherReads),
        Case("a saga can be loaded late, and is locked to its version", LateLoad),
        Case("a lock has one owner until it is released", LockHasOneOwner),
        Case("all locks of an owner are released at once, by hand or with a commit", LocksReleased),
        Case("a message keeps its line and its place", LineKept),
        Case("a lock that is free is promised to the first in its line", FreeLockIsPromised),
        Case("the commit that frees a lock wakes the first in its line, and nobody else", FirstInLineIsWoken),
        Case("the commit that leaves the line of a free lock wakes the next", NextInLineIsWoken),
        Case("whoever was woken is not woken again", WokenIsLeftAlone),
        Case("whoever frees a lock sees who has joined its line meanwhile", JoinedMeanwhile),
        Case("a tombstone stays, with its first reason", TombstoneStays),
        Case("locks and tombstones share the fate of the unit of work", KeysRolledBack),
    ];

    /// <summary>Runs one case by its name.</summary>
    public static Task RunAsync(string name, StoreGround ground) => Expect.NamedAsync(name, () => Cases.Single(c => c.Name == name).Run(ground));

    private static StoreCase Case(string name, Func<IStore, Task> run) => new(name, async ground =>
    {
        await using var store = await OpenAsync(ground);
        await run(store);
    });

    private static StoreCase Case(string name, Func<IStore, Func<Task<IStore>>, Task> run) => new(name, async ground =>
    {
        await using var store = await OpenAsync(ground);
        await run(store, () => OpenAsync(ground));
    });

    private static StoreCase Case(string name, Func<IStore, StoreGround, Task> run) => new(name, async ground =>
    {
        await using var store = await OpenAsync(ground);
        await run(store, ground);
    });

    private static async Task<IStore> OpenAsync(StoreGround ground)
    {
        var store = await ground.Open();
        await store.StartAsync(Owner, [], CancellationToken.None);
        return store;
    }

    private static async Task StartingTwice(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        await store.StartAsync(Owner, [], CancellationToken.None);
        Expect.That(await store.Operations.FindSagaAsync(Id(1), default) is not null);
    }

    private static async Task EmptyStore(IStore store)
    {
        Expect.That(await store.Operations.FindSagaAsync(Id(1), default) is null);
        Expect.Equal(0, (await store.Operations.JournalAsync(Id(1), 0, 1000, default)).Count);
        Expect.Equal(0, (await store.Operations.DeadLettersAsync(0, 10, default)).Count);
        Expect.Equal(0, (await store.Operations.DelayedAsync(null, 10, default)).Count);
        Expect.Equal(0L, await store.Operations.CountOutboxAsync(100_000, default));
        Expect.Equal(0L, await store.Operations.CountSagasAsync(new InstanceFilter(), 100_000, default));
        var due = await store.TakeDueAsync(Now, Lease, 10, true, default);
        Expect.That(due is { Sagas.Count: 0, Flows.Count: 0, Delayed.Count: 0, Outbox.Count: 0, Next: null });
    }

    private static async Task EveryFieldOfASaga(IStore store)
    {
        var row = new SagaRow
        {
            Id = Id(1), Definition = "create-order", PlanVersion = 3, Version = 1, Status = SagaStatus.Parked, State = Json("{\"a\":1}"),
            Steps = "one\tD\t1\ntwo\tS\t2\t0\t1\t2\n", FailedStep = "two", FailureType = "CardDeclined", FailureMessage = "the bank said no",
            ParkReason = "a person must look", WakeAt = 123_456_789_012, StartedAt = 111, UpdatedAt = 222, EndedAt = 333, BusinessKey = "order 7",
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Incarnation = long.MaxValue, Hold = "ann: looks at it",
        };
        await CommitAsync(store, c => c.Sagas.Add(row));
        Same(row, await store.Operations.FindSagaAsync(row.Id, default));
        await using var unit = await BeginAsync(store, r => r.Sagas.Add(row.Id));
        Same(row, unit.Loaded.Sagas[row.Id]);
    }

    private static async Task NullsAndUnicode(IStore store)
    {
        const string text = "naïve — 日本語 🐟 'quoted' \"double\" %_ \\ ;--";
        var row = Saga(1) with { Definition = text, Steps = text, State = Json($"\"{text}\""), FailedStep = text, FailureMessage = "", ParkReason = null };
        await CommitAsync(store, c =>
        {
            c.Sagas.Add(row);
            c.Journal.Add(new JournalRow(row.Id, 1, Now, text + "\t\n", text, text));
        });
        Same(row, await store.Operations.FindSagaAsync(row.Id, default));
        Expect.Equal(new JournalRow(row.Id, 1, Now, text + "\t\n", text, text), (await store.Operations.JournalAsync(row.Id, 0, 1000, default)).Single());
    }

    private static async Task UpdateFromTheVersionBefore(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        var next = Saga(1) with { Version = 2, Status = SagaStatus.Completed, State = Json("[2]"), WakeAt = null, UpdatedAt = 9 };
        await CommitAsync(store, c => c.Sagas.Add(next));
        Same(next, await store.Operations.FindSagaAsync(next.Id, default));
    }

    private static async Task UnchangedState(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        for (var version = 2; version <= 4; version++)
        {
            var kept = Saga(1) with { Version = version, Steps = $"step {version}", StateIsUnchanged = true };
            await CommitAsync(store, c => c.Sagas.Add(kept));
            Same(kept with { StateIsUnchanged = false }, (await store.Operations.FindSagaAsync(Id(1), default))! with { StateIsUnchanged = false });
        }

        var changed = Saga(1) with { Version = 5, State = Json("[5]") };
        await CommitAsync(store, c => c.Sagas.Add(changed));
        Same(changed, await store.Operations.FindSagaAsync(Id(1), default));
    }

    private static async Task StaleVersion(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Version = 2, Steps = "first" }));
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c =>
        {
            c.Sagas.Add(Saga(2));
            c.Sagas.Add(Saga(1) with { Version = 2, Steps = "second" });
            c.Journal.Add(new JournalRow(Id(1), 2, Now, "x\n"));
            c.Ledger.Add(Ledger(1, "x"));
            c.Outbox.Add(Outgoing(1, 0));
        }));
        Expect.Equal("first", (await store.Operations.FindSagaAsync(Id(1), default))?.Steps);
        Expect.That(await store.Operations.FindSagaAsync(Id(2), default) is null);
        Expect.Equal(0, (await store.Operations.JournalAsync(Id(1), 0, 1000, default)).Count);
        Expect.Equal(0L, await store.Operations.CountOutboxAsync(100_000, default));
        await using var unit = await BeginAsync(store, r => r.Ledger.Add(new LedgerKey(Id(1), "x")));
        Expect.Equal(0, unit.Loaded.Ledger.Count);
    }

    private static async Task SecondInsert(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Steps = "other" })));
        Expect.Equal(Saga(1).Steps, (await store.Operations.FindSagaAsync(Id(1), default))?.Steps);
    }

    private static async Task RolledBack(IStore store)
    {
        await using (await BeginAsync(store, r => r.Sagas.Add(Id(1))))
        {
            // Disposed without a commit.
        }

        await using (var unit = await BeginAsync(store, r => r.Sagas.Add(Id(1))))
        {
            Expect.Equal(0, unit.Loaded.Sagas.Count);
        }

        Expect.That(await store.Operations.FindSagaAsync(Id(1), default) is null);
    }

    private static async Task LoadsWhatWasAsked(IStore store)
    {
        await CommitAsync(store, c =>
        {
            c.Sagas.AddRange([Saga(1), Saga(2), Saga(3)]);
            c.Ledger.AddRange([Ledger(1, "a"), Ledger(1, "b"), Ledger(2, "a")]);
            c.Requests.AddRange([new RequestRow("k1", "f", Json("1"), 1), new RequestRow("k2", "f", Json("2"), 2)]);
        });
        await using var unit = await BeginAsync(store, r =>
        {
            r.Sagas.UnionWith([Id(1), Id(3), Id(9)]);
            r.Ledger.UnionWith([new LedgerKey(Id(1), "b"), new LedgerKey(Id(9), "a")]);
            r.Requests.UnionWith(["k2", "k9"]);
        });
        Expect.That(unit.Loaded.Sagas.Keys.ToHashSet().SetEquals([Id(1), Id(3)]));
        Expect.That(unit.Loaded.Ledger is [{ Step: "b" } row] && row.Scope == Id(1));
        Expect.That(unit.Loaded.Requests.Keys.SequenceEqual(["k2"]));
    }

    private static async Task TwoWriters(IStore store, Func<Task<IStore>> openAnother)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        await using var second = await openAnother();
        await using var third = await openAnother();
        IStore[] writers = [store, second, third];
        await Task.WhenAll(writers.Select(writer => Task.Run(() => IncrementAsync(writer, times: 10)))).WaitAsync(Expect.Patience);
        var row = await store.Operations.FindSagaAsync(Id(1), default);
        Expect.Equal(31L, row?.Version);
        Expect.Equal("30", Encoding.UTF8.GetString(row!.State.Span));
    }

    private static async Task IncrementAsync(IStore store, int times)
    {
        while (times > 0)
        {
            try
            {
                await using var unit = await BeginAsync(store, r => r.Sagas.Add(Id(1)));
                var row = unit.Loaded.Sagas[Id(1)];
                var count = row.Version == 1 ? 0 : int.Parse(row.State.Span, null);
                var changes = new Changes();
                changes.Sagas.Add(row with { Version = row.Version + 1, State = Json($"{count + 1}") });
                await unit.CommitAsync(changes, default);
                times--;
            }
            catch (SagaConcurrencyException)
            {
                // Another was first: read again.
            }
        }
    }

    private static async Task BeginAfterRefusal(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        for (var i = 0; i < 3; i++)
        {
            await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Version = 7 })));
        }

        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Version = 2 })).WaitAsync(Expect.Patience);
        Expect.Equal(2L, (await store.Operations.FindSagaAsync(Id(1), default))?.Version);
    }

    private static async Task LedgerByKey(IStore store)
    {
        LedgerRow[] rows =
        [
            Ledger(1, "pay") with { Attempt = 1, Outcome = LedgerOutcome.Refused, Reply = Json("{\"no\":1}"), ReplyType = "pay.no" },
            Ledger(1, "pay") with { Attempt = 2, Outcome = LedgerOutcome.Done, Reply = Json("{\"ok\":1}"), ReplyType = "pay.ok", At = 77 },
            Ledger(1, "pay") with { Attempt = 1, Undo = true, Outcome = LedgerOutcome.Empty, Reply = Json("{}") },
            Ledger(1, "book") with { Outcome = LedgerOutcome.Begun, ReplyType = null, Reply = default },
            Ledger(2, ""),
        ];
        await CommitAsync(store, c => c.Ledger.AddRange(rows));
        await using var unit = await BeginAsync(store, r => r.Ledger.UnionWith([new LedgerKey(Id(1), "pay"), new LedgerKey(Id(1), "book"), new LedgerKey(Id(2), "")]));
        Expect.Equal(rows.Length, unit.Loaded.Ledger.Count);
        foreach (var row in rows)
        {
            var found = unit.Loaded.Ledger.Single(r => r.Scope == row.Scope && r.Step == row.Step && r.Undo == row.Undo && r.Attempt == row.Attempt);
            Expect.Equal(row with { Reply = default }, found with { Reply = default });
            Expect.Bytes(row.Reply, found.Reply);
        }
    }

    private static async Task LedgerReplaced(IStore store)
    {
        await CommitAsync(store, c => c.Ledger.Add(Ledger(1, "pay") with { Outcome = LedgerOutcome.Begun, ReplyType = null, Reply = default }));
        await CommitAsync(store, c => c.Ledger.Add(Ledger(1, "pay") with { Outcome = LedgerOutcome.Done, ReplyType = "pay.ok", Reply = Json("{}") }));
        await using var unit = await BeginAsync(store, r => r.Ledger.Add(new LedgerKey(Id(1), "pay")));
        Expect.That(unit.Loaded.Ledger is [{ Outcome: LedgerOutcome.Done, ReplyType: "pay.ok", Reply.Length: 2 }]);
    }

    private static async Task LedgersOfSecrets(IStore store)
    {
        var (mine, theirs) = (Ledger(1, "pay") with { Secret = Id(71), At = 1 }, Ledger(1, "pay") with { Secret = Id(72), At = 2 });
        await CommitAsync(store, c => c.Ledger.AddRange([mine, theirs, Ledger(1, "pay") with { At = 3 }]));
        foreach (var row in (LedgerRow[])[mine, theirs])
        {
            await using var unit = await BeginAsync(store, r => r.Ledger.Add(new LedgerKey(row.Scope, row.Step, row.Secret)));
            Expect.That(unit.Loaded.Ledger is [var found] && found.At == row.At && found.Secret == row.Secret);
        }
    }

    private static async Task SecretKept(IStore store, StoreGround ground)
    {
        var first = Enumerable.Range(0, 32).Select(n => (byte)(255 - n)).ToArray();
        Expect.Bytes(first, await store.KeepSecretAsync(first, default));
        Expect.Bytes(first, await store.KeepSecretAsync(new byte[32], default));
        await store.DisposeAsync();
        await using var another = await OpenAsync(ground);
        Expect.Bytes(first, await another.KeepSecretAsync(new byte[32], default));
    }

    private static async Task OneSecret(IStore store, Func<Task<IStore>> openAnother)
    {
        await using var second = await openAnother();
        var kept = await Task.WhenAll(((IStore[])[store, second]).Select((s, i) => Task.Run(() => s.KeepSecretAsync(Enumerable.Repeat((byte)(i + 1), 32).ToArray(), default))));
        Expect.Bytes(kept[0], kept[1]);
        Expect.That(kept[0].Span[0] is 1 or 2);
    }

    private static async Task RequestRemembered(IStore store)
    {
        const string key = "http POST /orders 'key' ✓";
        await CommitAsync(store, c => c.Requests.Add(new RequestRow(key, "abc", Json("{\"n\":1}"), 77)));
        await using (var unit = await BeginAsync(store, r => r.Requests.Add(key)))
        {
            var request = unit.Loaded.Requests[key];
            Expect.That(request is { Fingerprint: "abc", At: 77 });
            Expect.Bytes(Json("{\"n\":1}"), request.Answer);
        }

        Expect.Equal("abc", (await store.Operations.FindRequestAsync(key, default))?.Fingerprint);
        Expect.That(await store.Operations.FindRequestAsync("another", default) is null);
    }

    private static async Task JournalOrder(IStore store)
    {
        await CommitAsync(store, c => c.Journal.AddRange([Lines(1, version: 1, 0, "a", "b"), Lines(2, version: 1, 0, "x")]));
        // The clock need not have moved between two transactions, and a late reply changes nothing but the journal.
        await CommitAsync(store, c => c.Journal.Add(Lines(1, version: 1, 0, "c")));
        await CommitAsync(store, c => c.Journal.AddRange([Lines(1, version: 2, 1, "d"), Lines(1, version: 2, 1, "e") with { Actor = "Ann", Reason = "she knows why" }]));
        var journal = await store.Operations.JournalAsync(Id(1), 0, 1000, default);
        Expect.Equal("a\nb\nc\nd\ne\n", string.Concat(journal.Select(j => j.Entries)));
        Expect.That(journal[^1] is { Version: 2, Actor: "Ann", Reason: "she knows why" } && journal[^1].At == Now.AddTicks(1));
        Expect.That(journal[^2] is { Actor: null, Reason: null });
        Expect.That(journal[0].Version == 1 && journal[0].At == Now);
        var rest = await store.Operations.JournalAsync(Id(1), journal.Count - 2, 1, default);
        Expect.Equal("d\n", rest.Single().Entries);

        static JournalRow Lines(int saga, int version, int ticks, params string[] lines) =>
            new(Id(saga), version, Now.AddTicks(ticks), string.Concat(lines.Select(line => line + "\n")));
    }

    private static async Task CountedByStatus(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.AddRange([Saga(1), Saga(2), Saga(3) with { Status = SagaStatus.Completed }]));
        await CommitAsync(store, c => c.Sagas.Add(Saga(2) with { Version = 2, Status = SagaStatus.Parked }));
        Expect.Equal(1L, await CountAsync(SagaStatus.Running));
        Expect.Equal(1L, await CountAsync(SagaStatus.Completed));
        Expect.Equal(1L, await CountAsync(SagaStatus.Parked));
        Expect.Equal(0L, await CountAsync(SagaStatus.Compensating));

        async Task<long> CountAsync(SagaStatus status) => await store.Operations.CountSagasAsync(new InstanceFilter { Statuses = [(int)status] }, 100, default);
    }

    private static async Task ThousandRows(IStore store)
    {
        const int count = 1000;
        await CommitAsync(store, c =>
        {
            for (var i = 1; i <= count; i++)
            {
                c.Sagas.Add(Saga(i));
                c.Journal.Add(new JournalRow(Id(i), 1, Now, "x\n"));
                c.Ledger.Add(Ledger(i, "step"));
                c.Requests.Add(new RequestRow($"key-{i}", "f", Json("{}"), i));
                c.Flows.Add(Flow(i));
                c.Positions.Add(new PositionRow(Position(i), i));
                c.Outbox.Add(Outgoing(i, 0));
                c.Delayed.Add(Delayed(i, Now.AddSeconds(i)));
            }
        });
        await using (var unit = await BeginAsync(store, r =>
        {
            r.Sagas.UnionWith(Enumerable.Range(1, count).Select(Id));
            r.Ledger.UnionWith(Enumerable.Range(1, count).Select(i => new LedgerKey(Id(i), "step")));
            r.Requests.UnionWith(Enumerable.Range(1, count).Select(i => $"key-{i}"));
            r.Flows.UnionWith(Enumerable.Range(1, count).Select(i => Flow(i).Id));
            r.Positions.UnionWith(Enumerable.Range(1, count).Select(Position));
        }))
        {
            Expect.Equal(count, unit.Loaded.Sagas.Count);
            Expect.Equal(count, unit.Loaded.Ledger.Count);
            Expect.Equal(count, unit.Loaded.Requests.Count);
            Expect.Equal(count, unit.Loaded.Flows.Count);
            Expect.That(unit.Loaded.Positions.Count == count && unit.Loaded.Positions[Position(7)] == 7);
            var changes = new Changes();
            changes.Sagas.AddRange(unit.Loaded.Sagas.Values.Select(row => row with { Version = 2, Status = SagaStatus.Completed }));
            changes.DeletedOutbox.AddRange(Enumerable.Range(1, count).Select(Id));
            changes.DeletedDelayed.AddRange(Enumerable.Range(1, count).Select(Id));
            await unit.CommitAsync(changes, default);
        }

        Expect.Equal((long)count, await store.Operations.CountSagasAsync(new InstanceFilter { Statuses = [(int)SagaStatus.Completed] }, 100_000, default));
        Expect.Equal(0L, await store.Operations.CountOutboxAsync(100_000, default));
        Expect.Equal(0, (await store.Operations.DelayedAsync(null, count, default)).Count);
    }

    private static async Task OwnRows(IStore store)
    {
        await store.StartAsync(Owner, ["create table if not exists own_rows (n integer not null)"], default);
        await using (var unit = await BeginAsync(store, _ => { }))
        {
            if (unit.Transaction is null)
            {
                // The in-memory store offers no transaction.
                return;
            }

            await InsertAsync(unit);
        }

        await using (var unit = await BeginAsync(store, _ => { }))
        {
            Expect.Equal(0L, await CountAsync(unit));
            await InsertAsync(unit);
            await unit.CommitAsync(new Changes(), default);
        }

        await using (var unit = await BeginAsync(store, _ => { }))
        {
            Expect.Equal(1L, await CountAsync(unit));
        }
    }

    private static async Task OutageOrMistake(IStore store)
    {
        Expect.That(store.IsOutage(new StoreUnavailableException("away")));
        Expect.That(!store.IsOutage(new InvalidOperationException("a mistake")));
        await using var unit = await BeginAsync(store, _ => { });
        if (unit.Transaction is { Connection: { } connection } transaction)
        {
            await using var command = connection.CreateCommand();
            (command.CommandText, command.Transaction) = ("select n from nowhere", transaction);
            try
            {
                await command.ExecuteScalarAsync();
                Expect.That(false);
            }
            catch (DbException exception)
            {
                Expect.That(!store.IsOutage(exception));
            }
        }
    }

    private static async Task AbandonedUnit(IStore store)
    {
        await store.StartAsync(Owner, ["create table if not exists own_rows (n integer not null)"], default);
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        var unit = await BeginAsync(store, r => r.Sagas.Add(Id(1)));
        var left = unit.Transaction?.Connection;
        if (left is not null)
        {
            await InsertAsync(left, unit.Transaction);
        }

        await unit.AbandonAsync();
        await unit.DisposeAsync();
        var beginning = BeginAsync(store, r => r.Sagas.Add(Id(1))).AsTask();
        Expect.That(await Task.WhenAny(beginning, Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System)) == beginning);
        await using (var next = await beginning)
        {
            if (left is not null)
            {
                // The code that was left goes on, while another has its transaction.
                await Expect.ThrowsAsync<Exception>(() => InsertAsync(left, null));
            }

            var changes = new Changes();
            changes.Sagas.Add(Saga(1) with { Version = 2 });
            await next.CommitAsync(changes, default);
        }

        await using var last = await BeginAsync(store, r => r.Sagas.Add(Id(1)));
        Same(Saga(1) with { Version = 2 }, last.Loaded.Sagas[Id(1)]);
        Expect.Equal(0L, last.Transaction is null ? 0L : await CountAsync(last));
    }

    private static async Task AbandonedWait(IStore store, Func<Task<IStore>> openAnother)
    {
        await using var second = await openAnother();
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        using var cancellation = new CancellationTokenSource();
        Task waiting;
        await using (await BeginAsync(store, r => r.Sagas.Add(Id(1))))
        {
            waiting = Task.Run(() => BeginOrNotAsync(cancellation.Token));
            await cancellation.CancelAsync();
        }

        // It may have begun or given up; either way nothing stays behind.
        await waiting.WaitAsync(Expect.Patience);
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Version = 2 })).WaitAsync(Expect.Patience);

        async Task BeginOrNotAsync(CancellationToken cancellationToken)
        {
            try
            {
                await using var unit = await second.BeginAsync(new LoadRequest(), cancellationToken);
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    private static async Task AnotherReads(IStore store, Func<Task<IStore>> openAnother)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        await using var second = await openAnother();
        Same(Saga(1), await second.Operations.FindSagaAsync(Id(1), default));
        await CommitAsync(second, c => c.Sagas.Add(Saga(1) with { Version = 2 }));
        try
        {
            await CommitAsync(store, r => r.Sagas.Add(Id(1)), _ => { });
        }
        catch (SagaConcurrencyException)
        {
            // A store may go on from what it wrote itself; then its commit, even one that writes nothing, finds that out.
        }

        await using var unit = await BeginAsync(store, r => r.Sagas.Add(Id(1)));
        Expect.Equal(2L, unit.Loaded.Sagas[Id(1)].Version);
    }

    // Only called where there is a transaction; an open one has a connection.
    private static Task InsertAsync(IUnitOfWork unit) => InsertAsync(unit.Transaction!.Connection!, unit.Transaction);

    private static async Task InsertAsync(DbConnection connection, DbTransaction? transaction)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "insert into own_rows (n) values (1)";
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> CountAsync(IUnitOfWork unit)
    {
        await using var command = unit.Transaction!.Connection!.CreateCommand();
        command.Transaction = unit.Transaction;
        command.CommandText = "select count(*) from own_rows";
        return Convert.ToInt64(await command.ExecuteScalarAsync(), null);
    }

    private static Task CommitAsync(IStore store, Action<Changes> change) => CommitAsync(store, _ => { }, change);

    private static async Task CommitAsync(IStore store, Action<LoadRequest> load, Action<Changes> change)
    {
        await using var unit = await BeginAsync(store, load);
        var changes = new Changes();
        change(changes);
        await unit.CommitAsync(changes, CancellationToken.None);
    }

    private static ValueTask<IUnitOfWork> BeginAsync(IStore store, Action<LoadRequest> load)
    {
        var request = new LoadRequest();
        load(request);
        return store.BeginAsync(request, CancellationToken.None);
    }

    private static void Same(SagaRow expected, SagaRow? actual)
    {
        Expect.That(actual is not null);
        // Checked in the line before.
        Expect.Equal(expected with { State = default }, actual! with { State = default });
        Expect.Bytes(expected.State, actual.State);
    }

    private static Guid Id(int number) => new(number, 7, 7, 0x88, 1, 2, 3, 4, 5, 6, 7);

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);

    private static SagaRow Saga(int number) => new()
    {
        Id = Id(number), Definition = "order", Version = 1, Status = SagaStatus.Running, State = Json($"{{\"n\":{number}}}"),
        Steps = "one\tS\t1\t0\t1\t2\n", StartedAt = 1, UpdatedAt = 2,
    };

    private static FlowRow Flow(int number) => new()
    {
        Id = MessageIds.Flow("booking", $"b{number}"), Definition = "booking", Flow = $"b{number}", Version = 1, Status = FlowStatus.Running, Seen = Json("[]"), StartedAt = 1, UpdatedAt = 2,
    };

    private static PositionKey Position(int number) => new("food-orders.bookings", "food-orders.order", $"booking/{number}");

    private static LedgerRow Ledger(int saga, string step) =>
        new(Id(saga), step, Guid.Empty, false, 1, "billing.pay", LedgerOutcome.Done, "billing.pay.response.success", Json("{}"), 5);

    private static OutboxRow Outgoing(int number, long claimedUntil) =>
        new(Id(number), EnvelopeCodec.Encode(FullEnvelope with { Id = Id(number) }), Json($"{{\"n\":{number}}}"), claimedUntil);

    private static DelayedRow Delayed(int number, DateTimeOffset due) =>
        new(Id(number), EnvelopeCodec.Encode(FullEnvelope with { Id = Id(number) }), Json($"{{\"n\":{number}}}"), 3, 2, UnixTime.From(due), "TimeoutException: late");

    private static DeadLetterRow Dead(string reason) => new(0, EnvelopeCodec.Encode(FullEnvelope), Json("{}"), reason, 8, 99);

    internal static Envelope FullEnvelope => new()
    {
        Id = Id(1000),
        Type = "billing.pay",
        Kind = MessageKind.Command,
        Source = "food-orders.order",
        Destination = "food-orders.billing.commands",
        ReplyTo = "food-orders.order.replies",
        Flow = "order 7:é",
        Saga = new SagaId(Id(1001)),
        Step = "pay — ✓",
        Attempt = 3,
        Undo = true,
        WasDone = true,
        Secret = Id(1003),
        Mac = Id(1004),
        Causation = Id(1002),
        HandledIn = TimeSpan.FromMilliseconds(7),
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        Time = new DateTimeOffset(2030, 1, 2, 3, 4, 5, 678, TimeSpan.Zero),
    };
}
