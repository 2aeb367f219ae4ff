using Skald.Messaging;
using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.JsonFile;

/// <summary>A store that leaves out one promise does not pass: each is broken once, and the case that holds it must see that.</summary>
public sealed class A_store_that_breaks_a_promise : IDisposable
{
    private static readonly Dictionary<string, (string Seen, Func<IStore, IStore> Break)> Broken = new()
    {
        ["an action and its undo do not wait for each other"] = ("an action and its undo that meet on a key without a row are serialised", s => new BrokenStore(s) { IsOpenToAll = true }),
        ["a unit that was abandoned keeps others out"] = ("code that is left with a unit reaches nothing more, and keeps nobody waiting", s => new BrokenStore(s) { KeepsAbandoned = true }),
        ["events of a new stream do not wait for each other"] = ("of two that handle one event of a new stream at once, the second sees the first", s => new BrokenStore(s) { IsOpenToAll = true }),
        ["a second answer to a request is passed over"] = ("of two that answer one request at once, one is refused", s => new BrokenStore(s) { IsOpenToAll = true, Writes = c => c.Requests.Clear() }),
        ["additions come before removals"] = ("removals come before additions", s => new BrokenStore(s)
        {
            Writes = c =>
            {
                c.Outbox.RemoveAll(row => c.DeletedOutbox.Contains(row.Id));
                c.Delayed.RemoveAll(row => c.DeletedDelayed.Contains(row.Id));
            },
        }),
        ["the first of equal keys counts"] = ("of rows with one key in a commit the last counts", s => new BrokenStore(s) { Writes = c => KeepFirst(c) }),
        ["what a unit took is not freed by its commit"] = ("locks that a commit frees are free even if the unit took them itself", s => new BrokenStore(s) { Writes = c => c.ReleasedOwners.Clear() }),
        ["lines are forgotten"] = ("a lock that is free is promised to the first in its line", s => new BrokenStore(s) { Writes = c => Replace(c.Delayed, row => row with { Line = null }) }),
        ["a commit that frees wakes nobody"] = ("the commit that frees a lock wakes the first in its line, and nobody else", s => new BrokenStore(s) { Writes = c => Replace(c.Delayed, row => row with { Line = null }) }),
        ["places are forgotten"] = ("the commit that frees a lock wakes the first in its line, and nobody else", s => new BrokenStore(s) { Writes = c => Replace(c.Delayed, row => row with { Place = 0 }) }),
        ["who leaves a line wakes nobody"] = ("the commit that leaves the line of a free lock wakes the next", s => new BrokenStore(s) { Writes = c => c.Lines.Clear() }),
        ["an owner's locks are freed without a word to those who wait"] = ("whoever frees a lock sees who has joined its line meanwhile", s => new BrokenStore(s) { Writes = c => c.AsleepAfter = c.ReleasedOwners.Count > 0 ? long.MaxValue : c.AsleepAfter }),
        ["every instance knows all"] = ("an instance gets sagas and messages of the plans it knows, and no others", s => new BrokenStore(s) { Knows = _ => null }),
        ["a message forgets whom it waits for"] = ("an instance gets sagas and messages of the plans it knows, and no others", s => new BrokenStore(s) { Writes = c => Replace(c.Delayed, row => row with { Plan = null }) }),
        ["who is parked for its plan stays so"] = ("an instance gets sagas and messages of the plans it knows, and no others", s => new BrokenStore(s) { Strangers = found => found with { Returned = [] } }),
        ["nobody is a stranger"] = ("sagas of a plan that nobody knows who lives are found", s => new BrokenStore(s) { Strangers = found => found with { Nobodys = [] } }),
        ["a due message comes without its place"] = ("a message keeps its line and its place", s => new BrokenStore(s) { IsDue = due => due with { Delayed = [.. due.Delayed.Select(row => row with { Place = 0 })] } }),
        ["a message keeps the line it was put in first"] = ("a message keeps its line and its place", s => new BrokenStore(s) { Writes = c => Replace(c.Delayed, row => row with { Line = "another" }) }),
        ["envelopes are read"] = ("what nobody can decode is handed out as it is", s => new BrokenStore(s) { IsDue = due => due with { Outbox = [.. due.Outbox.Where(row => EnvelopeCodec.Decode(row.Envelope) is not null)] } }),
        ["an outage is told in the database's words"] = ("every member says that the database is away, and works again when it is back", s => new BrokenStore(s) { KeepsItsOwnExceptions = true }),
        ["mistakes pass for outages"] = ("a database that is away is told from a mistake", s => new BrokenStore(s) { TakesMistakesForOutages = true }),
        ["a full disk is told in the database's words"] = ("a full disk is an outage that passes", s => new BrokenStore(s) { KeepsItsOwnExceptions = true }),
        ["the owner is not looked at"] = ("data of another service is refused, and unchanged", s => new BrokenStore(s) { Owner = "anybody" }),
        ["what was committed before the restart is not looked at"] = ("what was committed is there after a restart", s => new BrokenStore(s) { Writes = c => c.Sagas.Clear() }),
        ["flows are not loaded late"] = ("everything can be loaded late, and nothing twice", s => new BrokenStore(s) { Asks = r => r.Flows.Clear() }),
        ["ledger rows are added again"] = ("everything can be loaded late, and nothing twice", s => new BrokenStore(s) { Finds = l => l.Ledger.AddRange([.. l.Ledger]) }),
        ["only one direction of the ledger is found"] = ("ledger rows are found by saga and step, every attempt and both directions", s => new BrokenStore(s) { Finds = l => l.Ledger.RemoveAll(row => row.Undo) }),
        ["positions only grow"] = ("a position is what was written last, even if it is less", s => new BrokenStore(s) { Writes = c => c.Positions.RemoveAll(row => row.Version == 4) }),
        ["due sagas come in any order"] = ("due work of each kind comes longest due first, at most the limit", s => new BrokenStore(s) { IsDue = due => due with { Sagas = [.. due.Sagas.Reverse()] } }),
        ["due flows come in any order"] = ("due work of each kind comes longest due first, at most the limit", s => new BrokenStore(s) { IsDue = due => due with { Flows = [.. due.Flows.Reverse()] } }),
        ["due outbox rows come in any order"] = ("due work of each kind comes longest due first, at most the limit", s => new BrokenStore(s) { IsDue = due => due with { Outbox = [.. due.Outbox.Reverse()] } }),
        ["a claim ends at once"] = ("of two that look at once, one gets what is due", s => new BrokenStore(s) { ClaimFor = _ => TimeSpan.Zero }),
        ["a delayed message comes without its claim"] = ("a unit of work sees whose a delayed message is", s => new BrokenStore(s) { IsDue = due => due with { Delayed = [.. due.Delayed.Select(row => row with { Due = 0 })] } }),
        ["delayed messages are not loaded"] = ("a unit of work sees whose a delayed message is", s => new BrokenStore(s) { Finds = l => l.Delayed.Clear() }),
        ["now is rounded up"] = ("nothing is due a moment before its time", s => new BrokenStore(s) { Now = now => UnixTime.To(UnixTime.From(now)) }),
        ["the next due time is left out"] = ("the next due time is the earliest of all kinds", s => new BrokenStore(s) { IsDue = due => due with { Next = null } }),
        ["old answers stay"] = ("old answers to requests are removed, oldest first, at most the limit", s => new BrokenStore(s) { Retention = new KeepsAll() }),
        ["what has ended stays"] = ("sagas and flows that have ended are found, the longest ended first, and none that is open or held", s => new BrokenStore(s) { Retention = new KeepsAll() }),
        ["a hold is forgotten"] = ("a hold comes and goes with its saga's versions", s => new BrokenStore(s) { Writes = c => Replace(c.Sagas, row => row with { Hold = null }) }),
        ["timelines outlive their sagas"] = ("what is removed goes with its timeline, and that it was there stays known", s => new BrokenStore(s) { Writes = c => c.RemovedSagas.Clear() }),
        ["nothing is known of what was removed"] = ("what is removed goes with its timeline, and that it was there stays known", s => new BrokenStore(s) { Writes = c => c.Removed.Clear() }),
        ["the ledger is kept"] = ("a ledger key that is forgotten loses every row, and no other key does", s => new BrokenStore(s) { Writes = c => c.Forgotten.Clear() }),
        ["whose message it is is forgotten"] = ("a saga's messages that are put off or dead-lettered are known", s => new BrokenStore(s) { Writes = c => Replace(c.DeadLetters, row => row with { Saga = null }) }),
        ["all may be forgotten"] = ("a saga's messages that are put off or dead-lettered are known", s => new BrokenStore(s) { Finds = l => l.Unhandled.Clear() }),
        ["all instances remove things"] = ("it is for one instance to remove things, and for another when that one is gone", s => new BrokenStore(s) { Retention = new KeepsAll() }),
        ["counts pass their cap"] = ("counts end at their cap", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Caps = cap => cap + 1 } }),
        ["pages begin anew"] = ("pages of sagas follow each other without a gap or a repeat", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Pages = after => after is { } page ? page with { Id = Guid.AllBitsSet } : null } }),
        ["the age does not matter"] = ("sagas are listed by definition, status, key and age, the latest started first", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Filters = filter => filter with { StartedFrom = null } } }),
        ["the status does not matter"] = ("flows are listed and counted apart from sagas", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Filters = filter => filter with { Statuses = null } } }),
        ["ids ascend"] = ("of sagas that were started at one time the largest id comes first", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { ListsSagas = rows => [.. rows.Reverse()] } }),
        ["the outbox is listed in any order"] = ("what waits is listed in its order, at most the limit", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { ListsOutbox = rows => [.. rows.Reverse()] } }),
        ["waiting sagas are listed in any order"] = ("sagas that will be woken are listed, soonest first", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { ListsSagas = rows => [.. rows.Reverse()] } }),
        ["what failed does not matter"] = ("sagas are listed by several statuses, by what failed and by when they changed", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Filters = filter => filter with { FailedStep = null } } }),
        ["when it changed does not matter"] = ("sagas are listed by several statuses, by what failed and by when they changed", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Filters = filter => filter with { UpdatedBefore = null } } }),
        ["kinds are counted past their cap"] = ("what went wrong with sagas is counted by kind, at most to the cap", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Caps = cap => cap + 1 } }),
        ["what waits begins anew"] = ("pages of what waits follow each other without a gap or a repeat", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Waits = _ => null } }),
        ["the ledger begins anew"] = ("the ledger of one saga is read, and all of it a page after the other", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Ledger = _ => Guid.Empty } }),
        ["where sagas stand begins anew"] = ("where sagas stand, and which were removed, is read a page after the other", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Outlines = _ => Guid.Empty } }),
        ["what was removed begins anew"] = ("where sagas stand, and which were removed, is read a page after the other", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Removed = _ => Guid.Empty } }),
        ["nobody is known to know anything"] = ("instances are listed with what they know, and one that is gone is named", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { ListsInstances = rows => [.. rows.Select(row => row with { Plans = null })] } }),
        ["the kind does not matter"] = ("dead letters are counted by kind and listed by it", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Kinds = _ => DeadLetterKind.None } }),
        ["what people did is listed oldest first"] = ("what people did is listed, the latest first, by whoever and whatever", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { ListsAudit = rows => [.. rows.Reverse()] } }),
        ["what people did is not written"] = ("what people did is listed, the latest first, by whoever and whatever", s => new BrokenStore(s) { Writes = c => c.Audit.Clear() }),
        ["jobs are not loaded"] = ("a job goes from version to version, and of two that carry it on one is refused", s => new BrokenStore(s) { Finds = l => l.Jobs.Clear() }),
        ["what a job came to is not written"] = ("what a job came to is written once for each number, with the job or not at all", s => new BrokenStore(s) { Writes = c => c.JobItems.Clear() }),
        ["pages of jobs begin anew"] = ("jobs are listed by where they stand, the latest first", s => new BrokenStore(s) { Operations = new BrokenOperations(s.Operations) { Pages = _ => null } }),
        ["a state that has not changed is forgotten"] = ("a state that has not changed stays, however often its saga changes", s => new BrokenStore(s) { Writes = Forget }),
    };

    private readonly JsonFileGround _ground = new();

    public static TheoryData<string> Promises => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Promises))]
    public async Task Is_seen_when(string promise)
    {
        var (seen, make) = Broken[promise];
        var whole = _ground.ForStores();
        await StoreContract.RunAsync(seen, whole);
        using var fresh = new JsonFileGround();
        var ground = fresh.ForStores();
        await Assert.ThrowsAsync<SkaldAssertionException>(() => StoreContract.RunAsync(seen, ground with { Open = async () => make(await fresh.OpenAsync()) }));
    }

    public void Dispose() => _ground.Dispose();

    private static void Replace<T>(List<T> rows, Func<T, T> with)
    {
        var replaced = rows.ConvertAll(row => with(row));
        rows.Clear();
        rows.AddRange(replaced);
    }

    private static void KeepFirst(Changes changes)
    {
        Keep(changes.Ledger, r => (r.Scope, r.Step, r.Undo, r.Attempt));
        Keep(changes.Positions, r => r.Key);
        Keep(changes.Outbox, r => r.Id);
        Keep(changes.Delayed, r => r.Id);

        static void Keep<TRow, TKey>(List<TRow> rows, Func<TRow, TKey> key)
        {
            var first = rows.DistinctBy(key).ToList();
            rows.Clear();
            rows.AddRange(first);
        }
    }

    private static void Forget(Changes changes)
    {
        for (var i = 0; i < changes.Sagas.Count; i++)
        {
            changes.Sagas[i] = changes.Sagas[i] is { StateIsUnchanged: true } row ? row with { State = "{}"u8.ToArray() } : changes.Sagas[i];
        }
    }

    private sealed class KeepsAll : IRetention
    {
        public ValueTask<bool> IsForThisInstanceAsync(CancellationToken cancellationToken) => new(true);

        public ValueTask<Ended> FindEndedAsync(EndedQuery query, CancellationToken cancellationToken) => new(new Ended([], []));

        public ValueTask<int> RemoveAsync(OldRows kind, long before, int limit, CancellationToken cancellationToken) => new(0);
    }
}
