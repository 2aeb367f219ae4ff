using System.Collections.Concurrent;
using System.Diagnostics;
using Dapper;
using Skald.Decisions;
using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>
/// A changed definition is deployed while its sagas are under way, and taken back again: processes of both versions side by side, each of which gets whatever comes.
/// SKALD_ROLLED sagas of each change, 200 unless set.
/// </summary>
public sealed class A_rolling_update(PostgreSqlFixture postgres, RabbitFixture rabbit, ITestOutputHelper output)
{
    private static readonly int Sagas = int.TryParse(Environment.GetEnvironmentVariable("SKALD_ROLLED"), out var number) ? number : 200;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public Task Parks_nothing_and_doubles_nothing_on_PostgreSQL_and_RabbitMQ() => Pairs.OnPostgreSqlAndRabbitMqAsync(postgres, rabbit, RollAsync);

    [Fact]
    public Task Parks_nothing_and_doubles_nothing_on_PostgreSQL_alone() => Pairs.OnPostgreSqlAloneAsync(postgres, RollAsync);

    [Fact]
    public Task Parks_nothing_and_doubles_nothing_on_SQLite() => Pairs.OnSqliteAsync(RollAsync);

    private async Task RollAsync(Action<SkaldBuilder> ground)
    {
        var watch = Stopwatch.StartNew();
        await using var shop = await ServiceProcess.StartAsync("roll.shop", s => ground(s.AddHandlers<RollHandlers>().AddSchema(RollHandlers.Schema)));
        var rolled = new ConcurrentBag<Rolled>();

        // Forwards.
        var old = await OldAsync(ground);
        await StartAsync(rolled, old, null, share: 3);
        var now = await NewAsync(ground);
        await StartAsync(rolled, old, now, share: 3);
        await RaiseAsync(rolled, r => r.Number % 2 == 0, old, now);
        await old.DisposeAsync();
        await RaiseAsync(rolled, r => r.Number % 2 == 1, now, now);

        // And back: the new version stays until its sagas have ended.
        old = await OldAsync(ground);
        await StartAsync(rolled, old, now, share: 3);
        await RaiseAsync(rolled, _ => true, old, now);
        await EndAsync(old, now, rolled.Count);
        await now.DisposeAsync();
        await CheckAsync(rolled, old, shop);
        Assert.Contains(rolled, r => r.PassedOn);
        output.WriteLine($"{rolled.Count} sagas, {rolled.Count(r => r.Version == 2)} of them of version 2, {rolled.Count(r => r.PassedOn)} events passed on, {watch.Elapsed.TotalSeconds:0} s");
        await old.DisposeAsync();
    }

    private static Task<ServiceProcess> OldAsync(Action<SkaldBuilder> ground) => ServiceProcess.StartAsync("roll.orders", s => Add(s, old: true, ground));

    private static Task<ServiceProcess> NewAsync(Action<SkaldBuilder> ground) => ServiceProcess.StartAsync("roll.orders", s => Add(s, old: false, ground));

    private static void Add(SkaldBuilder builder, bool old, Action<SkaldBuilder> ground)
    {
        ground(builder);
        foreach (var change in Change.All)
        {
            Generic(old ? nameof(AddOld) : nameof(AddNew), change).Invoke(null, [builder]);
        }
    }

    private static void AddOld<TChange>(SkaldBuilder builder) where TChange : Change, new() => builder.AddSaga<OldSaga<TChange>>();

    private static void AddNew<TChange>(SkaldBuilder builder) where TChange : Change, new() => builder.AddSaga<NewSaga<TChange>>();

    private static async Task<SagaId> StartOldAsync<TChange>(SkaldService service, string id, bool refused) where TChange : Change, new() =>
        (await service.StartAsync<OldSaga<TChange>, OldOrder>(new OldOrder(id, refused))).Id;

    private static async Task<SagaId> StartNewAsync<TChange>(SkaldService service, string id, bool refused) where TChange : Change, new() =>
        (await service.StartAsync<NewSaga<TChange>, NewOrder>(new NewOrder(id, refused) { Currency = "USD" })).Id;

    private static System.Reflection.MethodInfo Generic(string method, Change change) =>
        typeof(A_rolling_update).GetMethod(method, System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.MakeGenericMethod(change.GetType());

    /// <summary>Starts a share of the sagas of each change, at the processes in turn, some at a time.</summary>
    private static async Task StartAsync(ConcurrentBag<Rolled> rolled, ServiceProcess old, ServiceProcess? now, int share)
    {
        var first = rolled.Count;
        var each = Sagas / share;
        await Parallel.ForEachAsync(Enumerable.Range(0, each * Change.All.Count), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (n, _) =>
        {
            var change = Change.All[n % Change.All.Count];
            var (number, refused, isNew) = (first + n, n / Change.All.Count % 5 == 4, now is not null && n / Change.All.Count % 2 == 1);
            var starting = (Task<SagaId>)Generic(isNew ? nameof(StartNewAsync) : nameof(StartOldAsync), change).Invoke(null, [(isNew ? now! : old).Service, $"o{number}", refused])!;
            rolled.Add(new Rolled(number, await starting, change, isNew ? 2 : 1, refused));
        });
    }

    /// <summary>Raises the event that sagas wait for, at the processes in turn.</summary>
    private static Task RaiseAsync(ConcurrentBag<Rolled> rolled, Func<Rolled, bool> which, ServiceProcess one, ServiceProcess other) =>
        Parallel.ForEachAsync(rolled.Where(r => !r.IsRaised && which(r)), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (saga, token) =>
        {
            var outcome = await (saga.Number % 3 == 0 ? one : other).Service.RaiseAsync(saga.Id, new GoOn(), token);
            Assert.True(outcome is EventOutcome.Accepted or EventOutcome.Early or EventOutcome.PassedOn, $"{saga}: {outcome}");
            (saga.IsRaised, saga.PassedOn) = (true, outcome == EventOutcome.PassedOn);
        });

    private static async Task EndAsync(ServiceProcess old, ServiceProcess now, int expected)
    {
        for (var watch = Stopwatch.StartNew(); ;)
        {
            var counts = await old.Service.Operations.CountByStatusAsync(cap: 1_000_000);
            if (counts.GetValueOrDefault(SagaStatus.Completed).Value + counts.GetValueOrDefault(SagaStatus.Compensated).Value == expected)
            {
                return;
            }

            Assert.True(watch.Elapsed < Patience, $"{await StuckAsync(old)}\n{await StuckAsync(now)}\n{string.Join(", ", counts.Select(c => $"{c.Value.Value} {c.Key}"))} of {expected}; {old.Service.Problem} {now.Service.Problem}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>What people would see of sagas that have not ended.</summary>
    private static async Task<string> StuckAsync(ServiceProcess process)
    {
        List<string> seen = [];
        foreach (var status in (SagaStatus[])[SagaStatus.Running, SagaStatus.Compensating, SagaStatus.Parked])
        {
            foreach (var saga in (await process.Service.Operations.SagasAsync(new SagaQuery { Status = status, Limit = 3 })).Sagas)
            {
                seen.Add($"{saga}");
                seen.AddRange((await process.Service.Operations.TimelineAsync(saga.Id)).Select(e => $"  {e}"));
            }
        }

        return string.Join('\n', seen.Concat((await process.Service.Operations.DelayedAsync(3)).Select(d => $"delayed: {d}")));
    }

    /// <summary>Each saga took its version's steps, each effect once; and nobody ever waited for a person.</summary>
    private static async Task CheckAsync(ConcurrentBag<Rolled> rolled, ServiceProcess old, ServiceProcess shop)
    {
        await using var connection = await shop.Service.OpenAsync();
        var effects = (await connection.QueryAsync<(string Kind, string Id, string Step, long Undo)>("SELECT kind, id, step, CAST(undo AS BIGINT) FROM effects")).ToLookup(e => (e.Kind, e.Id));
        Assert.Equal(rolled.Count, effects.Count);
        Assert.Empty(await old.Service.Operations.DeadLettersAsync());
        await Parallel.ForEachAsync(rolled, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (saga, token) =>
        {
            var timeline = await old.Service.Operations.TimelineAsync(saga.Id, cancellationToken: token);
            Assert.DoesNotContain(timeline, e => e.Kind == JournalKind.Parked);
            Assert.Equal(saga.Refused ? JournalKind.Compensated : JournalKind.Completed, timeline[^1].Kind);
            var mine = effects[(saga.Change.Name, $"o{saga.Number}")].ToList();
            var (done, undone) = (mine.Where(e => e.Undo == 0).Select(e => e.Step).ToList(), mine.Where(e => e.Undo == 1).Select(e => e.Step).ToList());
            var wanted = (saga.Version == 2 ? saga.Change.NewSteps : ["a", "b", "c"]).Where(step => !saga.Refused || step != "c").ToList();
            var skips = saga.Version == 1 && timeline.Any(e => e.Kind == JournalKind.Skipped);
            Assert.True(!skips || saga.Change.Skipped is not null, $"{saga} has skipped a step");
            Assert.Equal(wanted.Where(step => !skips || step != saga.Change.Skipped).Order(), done.Order());
            var undoes = !saga.Refused ? [] : done.Where(step => saga.Version == 2 || !saga.Change.IsNeverUndone || step != saga.Change.Skipped || undone.Contains(step)).Order().ToList();
            Assert.Equal(undoes, undone.Order());
        });
    }

    private sealed record Rolled(int Number, SagaId Id, Change Change, int Version, bool Refused)
    {
        public bool IsRaised { get; set; }

        public bool PassedOn { get; set; }
    }
}
