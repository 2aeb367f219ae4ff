namespace Skald.Management.Tests;

public sealed class Several_managements_as_one
{
    [Fact]
    public void Show_nothing_that_is_older_than_what_another_has_not_shown_yet()
    {
        (IReadOnlyList<(long, Guid)>, string?) Page(string? next, params long[] times) => ([.. times.Select(time => (time, Guid.Empty))], next);
        var (items, next) = NewestFirst.Merge([Page(NewestFirst.Write((70, Guid.Empty)), 90, 70), Page(null, 80, 60, 50)], one => one, 10);
        Assert.Equal([90, 80, 70], items.Select(item => item.Item1));
        Assert.Equal(NewestFirst.Write((70, Guid.Empty)), next);
        (items, next) = NewestFirst.Merge([Page(null, 90, 70), Page(null, 80, 60)], one => one, 3);
        Assert.Equal([90, 80, 70], items.Select(item => item.Item1));
        Assert.Equal(NewestFirst.Write((70, Guid.Empty)), next);
    }

    [Fact]
    public async Task Name_those_that_do_not_answer_and_show_the_others()
    {
        await using var site = await Site.StartAsync();
        var id = await site.WaitingAsync();
        using var never = new SemaphoreSlim(0);
        var merged = new MergedManagement(
        [
            new ManagementPart(Site.Orders, new LocalManagement(site[Site.Orders]), Site.Orders),
            new ManagementPart("http://elsewhere", new Elsewhere(never)),
        ]);
        var page = await merged.SagasAsync(new SagaListQuery());
        Assert.Equal(id, Assert.Single(page.Items).Id);
        Assert.Equal(new MissingService("http://elsewhere", "It did not answer within 2 s."), Assert.Single(page.Missing));
        Assert.Equal(id, (await merged.FindSagaAsync(Site.Orders, id))!.Saga.Id);
        var missing = await Assert.ThrowsAsync<ManagementException>(() => merged.FindSagaAsync("other", id));
        Assert.Equal(ProblemCodes.Unreachable, missing.Problem.Code);
    }

    [Fact]
    public async Task Ask_whoever_has_the_service()
    {
        await using var site = await Site.StartAsync();
        var id = await site.WaitingAsync();
        var other = new MergedManagement([new ManagementPart(Site.Orders, new LocalManagement(site[Site.Orders]), Site.Orders)]);
        var merged = new MergedManagement([new ManagementPart("shop.cards", new LocalManagement(site["shop.cards"]), "shop.cards"), new ManagementPart("http://other", other)]);
        Assert.Equal(id, (await merged.FindSagaAsync(Site.Orders, id))!.Saga.Id);
        var drawn = await merged.ExchangesAsync(Site.Orders, id);
        Assert.All(drawn.Lanes, lane => Assert.Null(lane.Missing));
        Assert.Equal("Nobody who was asked has it.", (await other.ExchangesAsync(Site.Orders, id)).Lanes.Single(lane => lane.Service == "shop.cards").Missing);
        Assert.Equal(ProblemCodes.NotFound, (await Assert.ThrowsAsync<ManagementException>(() => merged.FindSagaAsync("nobody", id))).Problem.Code);
    }
}
