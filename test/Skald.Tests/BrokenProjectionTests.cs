using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>A projections' store that leaves out one promise does not pass: each is broken once, and the case that holds it must see that.</summary>
public sealed class A_projection_store_that_breaks_a_promise : IDisposable
{
    private static readonly Dictionary<string, (string Seen, Func<IProjectionStore, IProjectionStore> Break)> Broken = new()
    {
        ["there is always a checkpoint"] = ("where there are no tables there is no checkpoint", s => new BrokenProjections(s) { Finds = found => found ?? new ProjectionCheckpoint(EventPosition.Start, null) }),
        ["a start begins anew"] = ("starting again changes nothing, here and in another process", s => new BrokenProjections(s) { Schema = schema => [.. schema, "DELETE FROM things"] }),
        ["what the statements gain is passed over"] = ("a table that the statements have gained is made at the next start", s => new BrokenProjections(s) { Schema = schema => [.. schema.Take(2)] }),
        ["two cannot start at once"] = ("several that start at once all get through", s => new BrokenProjections(s) { StartsOneAtATime = true }),
        ["whose data it is does not matter"] = ("data of another service is refused", s => new BrokenProjections(s) { PassesOverRefusals = true }),
        ["the version does not matter"] = ("data of a newer version is refused", s => new BrokenProjections(s) { PassesOverRefusals = true }),
        ["statements are run one by one"] = ("statements that cannot be run are refused, and none of them stays", s => new BrokenProjections(s) { StartsStatementByStatement = true }),
        ["the checkpoint is committed without its rows"] = ("rows and checkpoint are committed together, for every process to see", s => new BrokenProjections(s) { LosesRows = true }),
        ["what is disposed of is committed"] = ("what is not committed leaves neither rows nor checkpoint", s => new BrokenProjections(s) { CommitsAnyway = true }),
        ["a position is one number"] = ("a position comes back with both its numbers", s => new BrokenProjections(s) { Commits = position => position with { Transaction = 0 } }),
        ["problems are kept to oneself"] = ("a problem is seen by every process, and moves nothing", s => new BrokenProjections(s) { Reports = _ => null }),
        ["a problem is in English"] = ("a problem may hold any text", s => new BrokenProjections(s) { Reports = problem => string.Concat(problem.Where(char.IsAscii)) }),
        ["a problem stays"] = ("with the next commit it stands still no more, even if an event was left out", s => new BrokenProjections(s) { KeepsProblem = true }),
        ["units do not wait for each other"] = ("of two that take one projection at once, the second begins where the first has ended", s => new BrokenProjections(s) { IsOpenToAll = true }),
        ["a unit that is given up stays open"] = ("a wait for the transaction can be abandoned, and leaves nothing behind", s => new BrokenProjections(s) { KeepsWhatWasAbandoned = true }),
        ["how far it is can be asked in a turn"] = ("who reads, or asks how far it is, does not wait for an open unit and sees nothing of it", s => new BrokenProjections(s) { FindsInATurn = true }),
        ["every failure is an outage"] = ("a statement that fails is no outage, and the next unit begins as if it had not been", s => new BrokenProjections(s) { TakesForOutage = true }),
        ["a rebuild writes to the live tables"] = ("a rebuild begins with empty tables before the first event, beside the live ones", s => new BrokenProjections(s) { BuildsInTheLive = true }),
        ["there is one unit at a time"] = ("live tables and rebuilt ones are written at the same time", s => new BrokenProjections(s) { HasOneUnit = true }),
        ["a second rebuild is let in"] = ("a projection is rebuilt by one at a time, and who is refused disturbs nobody", s => new BrokenProjections(s) { PassesOverRefusals = true }),
        ["what is abandoned stays"] = ("what an abandoned rebuild left is thrown away", s => new BrokenProjections(s) { NeverAbandons = true }),
        ["a rebuild's statements may be wrong"] = ("a rebuild with a wrong statement has not begun", s => new BrokenProjections(s) { PassesOverRefusals = true }),
        ["a rebuild that was not begun is ended"] = ("only who has begun a rebuild can write to its tables or end it", s => new BrokenProjections(s) { BuildsInTheLive = true }),
        ["tables are not compared"] = ("rebuilt tables are compared with the live ones, row by row", s => new BrokenProjections(s) { Compares = all => [.. all.Select(d => d with { OnlyLive = 0, OnlyRebuilt = 0 })] }),
        ["the rebuilt tables need not catch up"] = ("rebuilt tables are compared with the live ones, row by row", s => new BrokenProjections(s) { CatchesUpTo = _ => EventPosition.Start }),
        ["rows are a set"] = ("a row that a table has twice counts twice", s => new BrokenProjections(s) { Compares = all => [.. all.Select(d => d with { OnlyLive = 0, OnlyRebuilt = 0 })] }),
        ["rebuilt tables are always taken"] = ("rebuilt tables that are not wanted leave everything as it was", s => new BrokenProjections(s) { TakesOver = _ => true }),
        ["rebuilt tables are never taken"] = ("rebuilt tables that are wanted become the live ones, with their checkpoint and without a problem", s => new BrokenProjections(s) { TakesOver = _ => false }),
        ["a problem survives a rebuild"] = ("rebuilt tables that are wanted become the live ones, with their checkpoint and without a problem", s => new BrokenProjections(s) { AfterEnd = "UPDATE skald_projections SET problem = 'stopped'" }),
        ["indexes are lost"] = ("rebuilt tables keep their indexes and computed columns", s => new BrokenProjections(s) { AfterEnd = "DROP INDEX things_id" }),
        ["an end that fails leaves its rebuild behind"] = ("a rebuild that fails at its end changes nothing, and makes room for the next", s => new BrokenProjections(s) { CatchesUpOutside = true }),
        ["what is said is not looked at"] = ("rebuilt tables that are not as far as is said are refused", s => new BrokenProjections(s) { BelievesWhatIsSaid = true }),
        ["the live tables move while a rebuild ends"] = ("who waits to write while tables are replaced goes on from the new ones, or is refused", s => new BrokenProjections(s) { CatchesUpOutside = true }),
        ["the live tables are emptied first"] = ("who reads while tables are replaced sees the old rows or the new ones, never half", s => new BrokenProjections(s) { BeforeEnd = "DELETE FROM things WHERE id > 100" }),
        ["readers come first"] = ("a rebuild does not wait for who reads", s => new BrokenProjections(s) { WaitsForReaders = true }),
        ["missing tables are told in one's own words"] = ("tables that were removed are an outage, until the store is started again", s => new BrokenProjections(s) { KeepsItsOwnExceptions = true }),
        ["an outage is told in the database's words"] = ("every member says that the database is away, and works again when it is back", s => new BrokenProjections(s) { KeepsItsOwnExceptions = true }),
        ["a full disk is taken for a wrong statement"] = ("a full disk is an outage that passes", s => new BrokenProjections(s) { TakesForOutage = false, KeepsItsOwnExceptions = true }),
    };

    private readonly SmallDisk _disk = new();

    public static TheoryData<string> Promises => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Promises))]
    public async Task Is_seen_when(string promise)
    {
        var (seen, make) = Broken[promise];
        Assert.SkipUnless(_disk.CanFill || !seen.Contains("full disk", StringComparison.Ordinal), "only root can make a small disk");
        var ground = SqliteGround.ForProjections(_disk);
        await Assert.ThrowsAsync<SkaldAssertionException>(() => ProjectionStoreContract.RunAsync(seen, ground with { Open = async service => make(await ground.Open(service)) }));
    }

    /// <summary>A connection that is cut needs a server: <c>PostgreSql_projections_keep_the_contract</c> has it.</summary>
    [Fact]
    public void Is_tried_for_every_case_but_one() => Assert.Equal(
        ["a connection that is cut is an outage that passes, whatever it was used for"], ProjectionStoreContract.Cases.Select(c => c.Name).Except(Broken.Values.Select(b => b.Seen)));

    public void Dispose() => _disk.Dispose();
}
