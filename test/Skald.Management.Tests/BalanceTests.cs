using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Skald.Decisions;
using Skald.Testing;

namespace Skald.Management.Tests;

/// <summary>Ledgers and sagas of three services, held against each other.</summary>
public sealed class The_books
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Balance_when_nobody_has_touched_them(bool sqlite)
    {
        await using var site = await Site.StartAsync(sqlite: sqlite);
        var waiting = await site.WaitingAsync("1");
        await site.CompensatedAsync("2");
        await CompletedAsync(site, "3");
        await CancelledAsync(site, "4");
        await site.ParkedAsync("5");
        var report = await ManagementOf(site).BalanceAsync();
        Assert.Empty(report.Imbalances);
        Assert.Empty(report.Missing);
        // Two of the completed, one of the cancelled; the waiting has its card, the parked its card and its mail, which was refused.
        Assert.Equal((5, 2, 1, 3, 0), (report.Sagas, report.Applied, report.Undone, report.Open, report.Unjudged));
        Assert.Null(report.Next);
        Assert.Equal(report with { Imbalances = [], Missing = [] }, (await WholeAsync(ManagementOf(site), limit: 1)) with { Imbalances = [], Missing = [] });
        Assert.NotNull((await ManagementOf(site).FindSagaAsync(Site.Orders, waiting)));
    }

    [Theory]
    [InlineData("DELETE FROM skald_ledger WHERE step = 'send mail'", "shop.mails", "not-applied", "send mail")]
    [InlineData("UPDATE skald_ledger SET outcome = 2 WHERE step = 'send mail'", "shop.mails", "not-applied", "send mail")]
    [InlineData("UPDATE skald_ledger SET outcome = 77 WHERE step = 'send mail'", "shop.mails", "unreadable", "send mail")]
    [InlineData("UPDATE skald_ledger SET attempt = 0 WHERE step = 'send mail'", "shop.mails", "unreadable", "send mail")]
    [InlineData("UPDATE skald_ledger SET undo = 1 WHERE step = 'send mail'", "shop.mails", "undone", "send mail")]
    [InlineData("INSERT INTO skald_ledger SELECT scope, step, secret, undo, 2, message, outcome, reply_type, reply, at FROM skald_ledger WHERE step = 'send mail'", "shop.mails", "twice", "send mail")]
    [InlineData("DELETE FROM skald_ledger WHERE undo = 1", "shop.cards", "not-undone", "authorize card")]
    [InlineData("DELETE FROM skald_ledger WHERE undo = 0 AND scope IN (SELECT scope FROM skald_ledger WHERE undo = 1)", "shop.cards", "action-missing", "authorize card")]
    [InlineData("UPDATE skald_ledger SET outcome = 1 WHERE outcome = 2", "shop.cards", "not-asked", "authorize card")]
    [InlineData("INSERT INTO skald_ledger SELECT scope, 'another step', secret, undo, attempt, message, outcome, reply_type, reply, at FROM skald_ledger WHERE step = 'send mail'", "shop.mails", "unknown-step", "another step")]
    [InlineData("UPDATE skald_ledger SET scope = x'01a1fb91a6d378bf948de9888f7795ae' WHERE step = 'send mail'", "shop.mails", "unknown-saga", "send mail")]
    public async Task Name_the_one_row_that_was_changed_by_hand(string sql, string service, string kind, string step)
    {
        await using var site = await Site.StartAsync(sqlite: true);
        var completed = await CompletedAsync(site, "1");
        await CancelledAsync(site, "2");
        await site.CompensatedAsync("3");
        site.Change(service, sql);
        var report = await WholeAsync(ManagementOf(site), limit: 500);
        var imbalance = report.Imbalances.Single(one => one.Kind == kind);
        Assert.Equal((service, step), (imbalance.Service, imbalance.Step));
        if (kind == "unknown-saga")
        {
            Assert.Null(imbalance.Owner);
            // The row that it was is missing where it was.
            Assert.Equal(["not-applied", "unknown-saga"], report.Imbalances.Select(one => one.Kind).Order());
        }
        else
        {
            Assert.Equal(Site.Orders, imbalance.Owner);
            Assert.Single(report.Imbalances);
        }

        Assert.True(kind is not "not-applied" || imbalance.Saga == completed);
        // Of another size, and over HTTP, it is the same.
        using var http = new HttpClient();
        Assert.Equal(report.Imbalances, (await WholeAsync(new HttpManagement(http, new Uri(site.Http.BaseAddress!, "skald")), limit: 1)).Imbalances);
    }

    [Fact]
    public async Task Name_a_saga_whose_row_was_removed_by_hand()
    {
        await using var site = await Site.StartAsync(sqlite: true);
        var completed = await CompletedAsync(site, "1");
        await CompletedAsync(site, "2");
        site.Change(Site.Orders, $"DELETE FROM skald_sagas WHERE id = x'{completed.Replace("-", "", StringComparison.Ordinal)}'");
        var report = await ManagementOf(site).BalanceAsync();
        Assert.Equal([("authorize card", "unknown-saga", completed), ("send mail", "unknown-saga", completed)], report.Imbalances.Select(one => (one.Step, one.Kind, one.Saga)).Order());
    }

    [Fact]
    public async Task Know_what_a_person_had_done_again()
    {
        await using var site = await Site.StartAsync(sqlite: true);
        var id = await site.WaitingAsync("1");
        await ManagementOf(site).ActAsync(Site.Orders, id, new ActRequest { Act = "go-on-from", Step = "authorize card", Reason = "another card" }, new ActTerms { Actor = "Ada" });
        await Eventually.HoldsAsync("it waits once more", async () => (await site["shop.cards"].Operations.LedgerAsync(new SagaId(Guid.Parse(id)))).Count == 3 && (await site[Site.Orders].Operations.FindSagaAsync(new SagaId(Guid.Parse(id))))?.Summary.Step == "confirmation");
        Assert.Equal(2, (await ManagementOf(site).BalanceAsync()).Open);
        await site[Site.Orders].RaiseAsync(new SagaId(Guid.Parse(id)), new OrderConfirmed("Ada"));
        await site[Site.Orders].WaitAsync(new SagaId(Guid.Parse(id)));
        var report = await ManagementOf(site).BalanceAsync();
        Assert.Equal((1, 2, 1, 0), (report.Sagas, report.Applied, report.Undone, report.Imbalances.Count));
        site.Change("shop.cards", "DELETE FROM skald_ledger WHERE undo = 1");
        var imbalance = Assert.Single((await ManagementOf(site).BalanceAsync()).Imbalances);
        Assert.Equal(("authorize card", "not-undone"), (imbalance.Step, imbalance.Kind));
        // Unless the timeline says that a person had it go on without the undo: a step is also left out by its own condition, which undoes nothing.
        site.Change(Site.Orders, $"UPDATE skald_journal SET entries = replace(entries, '{(int)JournalKind.Undone}' || char(9) || 'authorize card', '{(int)JournalKind.Skipped}' || char(9) || 'authorize card')");
        Assert.Single((await ManagementOf(site).BalanceAsync()).Imbalances);
        site.Change(Site.Orders, "UPDATE skald_journal SET actor = 'Ada'");
        Assert.Empty((await ManagementOf(site).BalanceAsync()).Imbalances);
    }

    [Fact]
    public async Task Balance_when_sagas_go_after_their_time()
    {
        await using var site = await Site.StartAsync(sqlite: true, change: skald => skald.Configure(options => options with { EndedKeptFor = TimeSpan.FromSeconds(1) }));
        var completed = await CompletedAsync(site, "1");
        await Eventually.HoldsAsync("it is removed", async () => await site[Site.Orders].Operations.FindRemovedAsync(new SagaId(Guid.Parse(completed))) is not null);
        var report = await ManagementOf(site).BalanceAsync();
        Assert.Equal((1, 2, 0), (report.Sagas, report.Applied, report.Imbalances.Count));
    }

    [Fact]
    public async Task Are_not_judged_for_those_who_do_not_answer()
    {
        await using var site = await Site.StartAsync(sqlite: true);
        await CompletedAsync(site, "1");
        site.Change("shop.mails", "DELETE FROM skald_ledger");
        using var never = new SemaphoreSlim(0);
        var merged = new MergedManagement([Part(site, Site.Orders), Part(site, "shop.cards"), new ManagementPart("http://elsewhere", new Elsewhere(never))]);
        var report = await merged.BalanceAsync();
        Assert.Equal((1, 1, 0), (report.Applied, report.Unjudged, report.Imbalances.Count));
        Assert.Equal([new MissingService("http://elsewhere", "It did not answer within 2 s."), new MissingService("shop.mails", "Nobody who was asked has it.")], report.Missing);
        // A participant alone does not know whose sagas it works for.
        var alone = await new LocalManagement(site["shop.cards"]).BalanceAsync();
        Assert.Equal((1, 0), (alone.Unjudged, alone.Imbalances.Count));
    }

    [Fact]
    public async Task Count_a_service_once_that_two_processes_have()
    {
        await using var site = await Site.StartAsync(sqlite: true);
        await CompletedAsync(site, "1");
        var all = new MergedManagement([Part(site, Site.Orders), Part(site, "shop.cards"), Part(site, "shop.mails")]);
        var report = await new MergedManagement([Part(site, Site.Orders), new ManagementPart("http://other", all)]).BalanceAsync();
        Assert.Equal((1, 2, 0), (report.Sagas, report.Applied, report.Imbalances.Count));
    }

    [Theory]
    [InlineData("balance?limit=0")]
    [InlineData("balance?limit=1001")]
    [InlineData("balance?cursor=7")]
    [InlineData("books?cursor=x")]
    public async Task Are_asked_for_as_the_contract_says(string path)
    {
        await using var site = await Site.StartAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await site.GetAsync(path)).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Never_look_wrong_while_sagas_run(bool sqlite)
    {
        await using var site = await Site.StartAsync(sqlite: sqlite);
        var management = ManagementOf(site);
        using var ended = new CancellationTokenSource();
        var walks = Task.Run(async () =>
        {
            var count = 0;
            for (; !ended.IsCancellationRequested || count == 0; count++)
            {
                Assert.Empty((await WholeAsync(management, limit: 20)).Imbalances);
            }

            return count;
        });
        const int Sagas = 600;
        await Parallel.ForEachAsync(Enumerable.Range(0, Sagas), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            var number = FormattableString.Invariant($"{i}");
            await (i % 3 == 0 ? site.CompensatedAsync(number) : i % 3 == 1 ? CancelledAsync(site, number) : CompletedAsync(site, number));
        });
        await ended.CancelAsync();
        Assert.True(await walks > 3, $"{await walks} walks");
        var report = await WholeAsync(management, limit: 500);
        Assert.Equal((Sagas, Sagas / 3 * 2, Sagas / 3, 0), (report.Sagas, report.Applied, report.Undone, report.Open));
    }

    [Fact]
    public async Task Are_looked_at_twice_before_anything_is_named()
    {
        await using var site = await Site.StartAsync();
        var waiting = new SagaId(Guid.Parse(await site.WaitingAsync("1")));
        var before = await ManagementOf(site).BooksAsync();
        await site[Site.Orders].RaiseAsync(waiting, new OrderConfirmed("Ada"));
        await site[Site.Orders].WaitAsync(waiting);
        var after = await ManagementOf(site).BooksAsync();
        // The ledgers as they were before the saga went on.
        var torn = after with { Lines = before.Lines };
        var moved = await LookAsync(torn, after);
        Assert.Equal((1, 1, 0), (moved.Applied, moved.Open, moved.Imbalances.Count));
        var stayed = await LookAsync(torn, torn);
        Assert.Equal((0, "not-applied", "send mail"), (stayed.Open, Assert.Single(stayed.Imbalances).Kind, stayed.Imbalances[0].Step));
        // Wrong twice, and not the same: between the two the saga was written again.
        var other = torn with { Sagas = [.. torn.Sagas.Select(saga => saga with { Version = saga.Version + 1 })] };
        Assert.Empty((await LookAsync(torn, other)).Imbalances);

        static Task<BalanceReport> LookAsync(params Books[] looks)
        {
            var left = new Queue<Books>(looks);
            return new Bookkeeper(_ => Task.FromResult(left.Dequeue()), TimeProvider.System).LookAsync(500);
        }
    }

    [Fact]
    public async Task Are_looked_through_again_and_again_for_a_health_check_that_only_tells()
    {
        var time = new FakeTime(TimeProvider.System.GetUtcNow());
        await using var site = await Site.StartAsync(sqlite: true, configure: builder =>
        {
            builder.Services.AddHealthChecks().AddSkaldBalance(TimeSpan.FromHours(2));
            // The engines, and the deadlines of questions, keep the clock of the system.
            builder.Services.AddSingleton(provider => new BalanceWatch(provider.GetRequiredService<BalanceInterval>(), provider.GetRequiredService<BalanceSource>(), time: time));
        });
        var checks = site.App.Services.GetRequiredService<HealthCheckService>();
        await CompletedAsync(site, "1");
        Assert.Equal((HealthStatus.Healthy, "not looked at yet"), await TellsAsync(checks));
        await LooksAsync(checks, time, TimeSpan.FromMinutes(1), (HealthStatus.Healthy, "balanced"));
        site.Change("shop.mails", "DELETE FROM skald_ledger");
        Assert.Equal((HealthStatus.Healthy, "balanced"), await TellsAsync(checks));
        await LooksAsync(checks, time, TimeSpan.FromHours(2), (HealthStatus.Degraded, "1 effect does not balance; the first is of step 'send mail' in shop.mails"));
        Assert.Equal(1L, (await checks.CheckHealthAsync()).Entries["skald-balance"].Data["imbalances"]);

        static async Task LooksAsync(HealthCheckService checks, FakeTime time, TimeSpan after, (HealthStatus, string?) tells)
        {
            await Eventually.HoldsAsync($"it tells {tells}", async () => await TellsAsync(checks) == tells, time, after);
        }

        static async Task<(HealthStatus, string?)> TellsAsync(HealthCheckService checks) => (await checks.CheckHealthAsync()).Entries["skald-balance"] is var entry ? (entry.Status, entry.Description) : default;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31 * 86_400)]
    public void Are_not_looked_through_all_the_time_or_never(int seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServiceCollection().AddHealthChecks().AddSkaldBalance(TimeSpan.FromSeconds(seconds)));

    private static IManagement ManagementOf(Site site) => ManagementSite.Of(site.App.Services).Management;

    private static ManagementPart Part(Site site, string service) => new(service, new LocalManagement(site[service]), service);

    private static async Task<BalanceReport> WholeAsync(IManagement management, int limit)
    {
        var all = await management.BalanceAsync(null, limit);
        while (all.Next is { } cursor)
        {
            var more = await management.BalanceAsync(cursor, limit);
            all = more with
            {
                Sagas = all.Sagas + more.Sagas, Applied = all.Applied + more.Applied, Undone = all.Undone + more.Undone, Open = all.Open + more.Open, Unjudged = all.Unjudged + more.Unjudged,
                Imbalances = [.. all.Imbalances, .. more.Imbalances],
            };
        }

        return all;
    }

    private static async Task<string> CompletedAsync(Site site, string order)
    {
        var id = await site.WaitingAsync(order);
        await site[Site.Orders].RaiseAsync(new SagaId(Guid.Parse(id)), new OrderConfirmed("Ada"));
        await site[Site.Orders].WaitAsync(new SagaId(Guid.Parse(id)));
        return id;
    }

    private static async Task<string> CancelledAsync(Site site, string order)
    {
        var id = await site.WaitingAsync(order);
        await site[Site.Orders].CancelAsync(new SagaId(Guid.Parse(id)), reason: "changed my mind");
        await site[Site.Orders].WaitAsync(new SagaId(Guid.Parse(id)));
        return id;
    }
}
