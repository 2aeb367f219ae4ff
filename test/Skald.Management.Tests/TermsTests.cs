using System.Net;
using System.Text.Json;

namespace Skald.Management.Tests;

/// <summary>What the API holds itself to: versions, keys, looks beforehand, and parts of long histories.</summary>
public sealed class The_management_APIs_terms
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Knows_how_long_a_long_history_is_and_where_a_drawing_of_it_ends(bool sqlite)
    {
        await using var site = await Site.StartAsync(sqlite: sqlite);
        var id = await site.WaitingAsync();
        var local = new LocalManagement(site[Site.Orders]);
        for (var i = 0; i < 300; i++)
        {
            await local.ActAsync(Site.Orders, id, new ActRequest { Act = "hold", Reason = $"for the {i}th time" }, new ActTerms());
        }

        var seen = new List<TimelineItem>();
        var first = await local.TimelineAsync(Site.Orders, id);
        var part = first;
        for (; ; part = await local.TimelineAsync(Site.Orders, id, part.Next.Value))
        {
            seen.AddRange(part.Items);
            if (part.Next is null)
            {
                break;
            }
        }

        Assert.Equal(seen.Select(item => (item.Version, item.At)).Distinct().Count(), first.Total);
        Assert.Equal(first.Total, part.Total);
        Assert.Equal("for the 299th time", seen[^1].Reason);
        var rows = new JournalRows(site[Site.Orders].Operations, new SagaId(Guid.Parse(id)));
        foreach (var guess in (long[])[0, 201, 290, (long)first.Total!, 303, 350, 5_000, long.MaxValue])
        {
            Assert.Equal(first.Total, await rows.CountAsync(201, guess, CancellationToken.None));
        }

        var last = await local.TimelineAsync(Site.Orders, id, (int)first.Total!.Value - 200, 200);
        Assert.Equal(("for the 299th time", (int?)null), (last.Items[^1].Reason, last.Next));
        Assert.Equal(200, last.Items.Select(item => (item.Version, item.At)).Distinct().Count());
        Assert.False((await local.ExchangesAsync(Site.Orders, id)).IsCut);
        for (var i = 0; i < 250; i++)
        {
            await local.ActAsync(Site.Orders, id, new ActRequest { Act = "release" }, new ActTerms());
        }

        Assert.True((await local.ExchangesAsync(Site.Orders, id)).IsCut);
    }

    [Theory]
    [InlineData("dead-letters/shop.orders/1/replay", "{}")]
    [InlineData("projections/shop.orders/any/skip", "{}")]
    [InlineData("projections/shop.orders/any/retry", null)]
    [InlineData("projections/shop.orders/any/rebuild", null)]
    public async Task Does_nothing_where_it_cannot_say_beforehand_what_it_would_do(string path, string? body)
    {
        await using var site = await Site.StartAsync();
        var (status, problem, _) = await site.SendAsync("POST", $"{path}?dryRun=true", body ?? "{}");
        Assert.Equal((HttpStatusCode.BadRequest, ProblemCodes.BadRequest), (status, problem.GetProperty("code").GetString()));
        Assert.StartsWith("'dryRun' is not known here", problem.GetProperty("title").GetString(), StringComparison.Ordinal);
        Assert.Empty((await site.GetAsync("jobs")).Body.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Keeps_and_lets_go_of_a_saga_at_the_version_that_was_looked_at()
    {
        await using var site = await Site.StartAsync();
        var id = await site.WaitingAsync();
        var path = $"sagas/{Site.Orders}/{id}/acts";
        foreach (var act in (string[])["hold", "release"])
        {
            var version = (await site.SendAsync("POST", $"{path}?dryRun=true", $$"""{"act":"{{act}}"}""")).Body.GetProperty("version").GetInt64();
            var (late, moved, _) = await site.SendAsync("POST", path, $$"""{"act":"{{act}}"}""", headers: ("If-Match", $"\"{version - 1}\""));
            Assert.Equal((HttpStatusCode.PreconditionFailed, ProblemCodes.MovedOn, version), (late, moved.GetProperty("code").GetString(), moved.GetProperty("version").GetInt64()));
            Assert.Equal(act is "hold", (await site.GetAsync($"sagas/{Site.Orders}/{id}")).Body.GetProperty("saga").GetProperty("hold").ValueKind is JsonValueKind.Null);
            Assert.Equal(HttpStatusCode.OK, (await site.SendAsync("POST", path, $$"""{"act":"{{act}}"}""", headers: ("If-Match", $"\"{version}\""))).Status);
        }
    }

    [Fact]
    public async Task Remembers_no_keys_that_are_too_long()
    {
        await using var site = await Site.StartAsync();
        var id = await site.WaitingAsync();
        var path = $"sagas/{Site.Orders}/{id}/acts";
        Assert.Equal(HttpStatusCode.OK, (await site.SendAsync("POST", path, """{"act":"hold"}""", headers: ("Idempotency-Key", new string('k', 200)))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await site.SendAsync("POST", path, """{"act":"hold"}""", headers: ("Idempotency-Key", new string('k', 201)))).Status);
        var local = new LocalManagement(site[Site.Orders]);
        var refused = await Assert.ThrowsAsync<ManagementException>(() => local.ActAsync(Site.Orders, id, new ActRequest { Act = "release" }, new ActTerms { Key = new string('k', 201) }));
        Assert.Equal(400, refused.Problem.Status);
    }
}
