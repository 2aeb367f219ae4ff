using System.Data.Common;
using Skald.Storage;

namespace Skald.Testing;

// What people did, and the jobs that they began.
public static partial class StoreContract
{
    private static IEnumerable<StoreCase> Jobs =>
    [
        Case("what people did is listed, the latest first, by whoever and whatever", AuditListed),
        Case("what people did shares the fate of the unit of work", AuditRolledBack),
        Case("what people did is never changed or removed", AuditOnlyGrows),
        Case("a job goes from version to version, and of two that carry it on one is refused", JobVersions),
        Case("what a job came to is written once for each number, with the job or not at all", JobItemsOnce),
        Case("jobs are listed by where they stand, the latest first", JobsListed),
    ];

    private static AuditRow Act(string actor, string act, string target) => new(0, 77, actor, act, AuditKinds.Saga, target, "because", "parked", "running", "done");

    private static JobRow Job(int number) => new()
    {
        Id = Id(number), Version = 1, Act = "{\"act\":\"resume\"}", Query = "{\"statuses\":[5]}", Actor = "ann", Reason = "the bank is back", Rate = 2.5, Matched = 7, CreatedAt = 100 + number,
    };

    private static async Task AuditListed(IStore store)
    {
        var full = new AuditRow(0, 123, "ann", "edit", AuditKinds.Saga, "s1", "typo — ✓", "{\"a\":1}", "{\"a\":2}", "done");
        var bare = new AuditRow(0, 124, null, "replay", AuditKinds.DeadLetter, "7", null, null, null, "there is none");
        await CommitAsync(store, c => c.Audit.AddRange([full, bare]));
        await CommitAsync(store, c => c.Audit.AddRange([Act("ann", "resume", "s1"), Act("bob", "resume", "s2"), Act("bob", "cancel", "s1")]));
        var all = await store.Operations.AuditAsync(new AuditFilter(), null, 10, default);
        Expect.Sequence(["cancel s1", "resume s2", "resume s1", "replay 7", "edit s1"], all.Select(a => $"{a.Act} {a.Target}"));
        Expect.Equal(full with { Number = all[4].Number }, all[4]);
        Expect.Equal(bare with { Number = all[3].Number }, all[3]);
        Expect.Sequence(all.Skip(2).Take(2).Select(a => a.Number), (await store.Operations.AuditAsync(new AuditFilter(), all[1].Number, 2, default)).Select(a => a.Number));
        Expect.Equal("resume edit", await ListAsync(new AuditFilter { Actor = "ann" }));
        Expect.Equal("resume resume", await ListAsync(new AuditFilter { Act = "resume" }));
        Expect.Equal("replay", await ListAsync(new AuditFilter { Kind = AuditKinds.DeadLetter }));
        Expect.Equal("cancel resume edit", await ListAsync(new AuditFilter { Target = "s1" }));
        Expect.Equal("cancel", await ListAsync(new AuditFilter { Actor = "bob", Kind = AuditKinds.Saga, Target = "s1" }));
        Expect.Equal("resume", await ListAsync(new AuditFilter { Actor = "bob", Act = "resume" }));
        Expect.Equal("", await ListAsync(new AuditFilter { Target = "s1", Kind = AuditKinds.Job }));

        async Task<string> ListAsync(AuditFilter filter) => string.Join(' ', (await store.Operations.AuditAsync(filter, null, 10, default)).Select(a => a.Act));
    }

    private static async Task AuditRolledBack(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c =>
        {
            c.Audit.Add(Act("ann", "resume", "s1"));
            c.Sagas.Add(Saga(1) with { Version = 7 });
        }));
        Expect.Equal(0, (await store.Operations.AuditAsync(new AuditFilter(), null, 10, default)).Count);
    }

    private static async Task AuditOnlyGrows(IStore store)
    {
        await CommitAsync(store, c => c.Audit.AddRange([Act("ann", "resume", "s1"), Act("bob", "cancel", "s1")]));
        var written = await store.Operations.AuditAsync(new AuditFilter(), null, 10, default);
        await using (var unit = await BeginAsync(store, _ => { }))
        {
            if (unit.Transaction is not { Connection: { } connection } transaction)
            {
                // No way to it but the port, which has none.
                return;
            }

            foreach (var statement in (string[])["update skald_audit set actor = 'eve'", "delete from skald_audit", "delete from skald_audit where target = 's1'"])
            {
                await using var command = connection.CreateCommand();
                (command.CommandText, command.Transaction) = (statement, transaction);
                await Expect.ThrowsAsync<DbException>(command.ExecuteNonQueryAsync, statement);
                if (unit.IsDoomedByAnError)
                {
                    break;
                }
            }
        }

        await using (var unit = await BeginAsync(store, _ => { }))
        {
            // It has one: checked above.
            await using var command = unit.Transaction!.Connection!.CreateCommand();
            (command.CommandText, command.Transaction) = ("delete from skald_audit", unit.Transaction);
            await Expect.ThrowsAsync<DbException>(command.ExecuteNonQueryAsync);
        }

        Expect.Sequence(written, await store.Operations.AuditAsync(new AuditFilter(), null, 10, default));
    }

    private static async Task JobVersions(IStore store, Func<Task<IStore>> openAnother)
    {
        await CommitAsync(store, c => c.Jobs.Add(Job(1)));
        Expect.Equal(Job(1), await store.Operations.FindJobAsync(Id(1), default));
        Expect.That(await store.Operations.FindJobAsync(Id(2), default) is null);
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c => c.Jobs.Add(Job(1))));
        var next = Job(1) with { Version = 2, State = JobState.Done, Cursor = "9-a", Done = 3, Refused = 2, Failed = 1, EndedAt = 999 };
        await using (var another = await openAnother())
        {
            await using var unit = await BeginAsync(another, r => r.Jobs.UnionWith([Id(1), Id(2)]));
            Expect.Equal(1, unit.Loaded.Jobs.Count);
            Expect.Equal(Job(1), unit.Loaded.Jobs[Id(1)]);
            var changes = new Changes();
            changes.Jobs.Add(next);
            await unit.CommitAsync(changes, default);
        }

        Expect.Equal(next, await store.Operations.FindJobAsync(Id(1), default));
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c =>
        {
            c.Sagas.Add(Saga(1));
            c.Jobs.Add(Job(1) with { Version = 2, Cursor = "another" });
        }));
        Expect.That(await store.Operations.FindSagaAsync(Id(1), default) is null);
        await using var late = await BeginAsync(store, _ => { });
        var request = new LoadRequest();
        request.Jobs.Add(Id(1));
        await late.LoadMoreAsync(request, default);
        Expect.Equal(next, late.Loaded.Jobs[Id(1)]);
    }

    private static async Task JobItemsOnce(IStore store)
    {
        JobItemRow Item(int job, int number, JobItemOutcome outcome = JobItemOutcome.Done, string? detail = null) => new(Id(job), number, Id(100 + number), outcome, detail, 5);
        await CommitAsync(store, c =>
        {
            c.Jobs.AddRange([Job(1), Job(2)]);
            c.JobItems.AddRange([Item(1, 1), Item(1, 2, JobItemOutcome.Refused, "it has ended"), Item(2, 1)]);
        });
        await CommitAsync(store, c => c.JobItems.AddRange([Item(1, 3), Item(1, 4, JobItemOutcome.Failed, "no"), Item(1, 5, JobItemOutcome.Refused, "again")]));
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, c =>
        {
            c.Jobs.Add(Job(1) with { Version = 2 });
            c.JobItems.Add(Item(1, 5));
        }));
        Expect.Equal(1L, (await store.Operations.FindJobAsync(Id(1), default))!.Version);
        Expect.Sequence(
            [Item(1, 1), Item(1, 2, JobItemOutcome.Refused, "it has ended"), Item(1, 3), Item(1, 4, JobItemOutcome.Failed, "no"), Item(1, 5, JobItemOutcome.Refused, "again")],
            await store.Operations.JobItemsAsync(Id(1), null, 0, 10, default));
        Expect.Sequence([3L, 4L], (await store.Operations.JobItemsAsync(Id(1), null, 2, 2, default)).Select(i => i.Number));
        Expect.Sequence([2L, 5L], (await store.Operations.JobItemsAsync(Id(1), JobItemOutcome.Refused, 0, 10, default)).Select(i => i.Number));
        Expect.Sequence([5L], (await store.Operations.JobItemsAsync(Id(1), JobItemOutcome.Refused, 2, 10, default)).Select(i => i.Number));
    }

    private static async Task JobsListed(IStore store)
    {
        await CommitAsync(store, c => c.Jobs.AddRange([Job(1), Job(2) with { State = JobState.Suspended }, Job(3), Job(4) with { CreatedAt = 103 }]));
        Expect.Equal("4 3 2 1", await ListAsync(null, null));
        Expect.Equal("4 3 1", await ListAsync(JobState.Running, null));
        Expect.Equal("2", await ListAsync(JobState.Suspended, null));
        Expect.Equal("", await ListAsync(JobState.Stopped, null));
        Expect.Equal("3 2 1", await ListAsync(null, new PagePosition(103, Id(4))));
        Expect.Equal("1", await ListAsync(JobState.Running, new PagePosition(103, Id(3))));
        Expect.Equal(2, (await store.Operations.JobsAsync(null, null, 2, default)).Count);
        await CommitAsync(store, c => c.Jobs.Add(Job(3) with { Version = 2, State = JobState.Suspended }));
        Expect.Equal("3 2", await ListAsync(JobState.Suspended, null));

        async Task<string> ListAsync(JobState? state, PagePosition? after) =>
            string.Join(' ', (await store.Operations.JobsAsync(state, after, 10, default)).Select(j => Enumerable.Range(1, 4).First(n => Id(n) == j.Id)));
    }
}
