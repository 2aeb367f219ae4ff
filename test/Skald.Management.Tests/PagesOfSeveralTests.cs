using System.Globalization;

namespace Skald.Management.Tests;

/// <summary>Lists of several services, read to their end.</summary>
public sealed class Pages_of_several_services
{
    private static readonly DateTimeOffset Begin = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(200)]
    public async Task Show_each_timer_once_though_a_saga_is_woken_before_its_step_is_due(int limit)
    {
        // Woken in their order; each third one's step is due long after that, and each fifth one waits for two steps.
        var parts = new[] { "a.one", "b.two", "c.none" }.ToDictionary(service => service, service => Enumerable.Range(0, service == "c.none" ? 0 : 40)
            .Select(i => (Wake: i * 10 + service[0], Id: Saga(service, i), Due: i % 3 == 0 ? i * 10 + 500 : i * 10 + service[0], Steps: i % 5 == 0 ? 2 : 1)).ToList());
        var merged = new MergedManagement(parts.Select(part => new ManagementPart(part.Key, Timers(part.Key, part.Value), part.Key)));

        var (seen, pages, cursor) = (new List<string>(), 0, (string?)null);
        do
        {
            var page = await merged.TimersAsync(new ListQuery { Limit = limit, Cursor = cursor });
            Assert.Equal(page.Items.OrderBy(timer => timer.Due), page.Items);
            Assert.InRange(page.Items.Select(timer => timer.Saga).Distinct().Count(), 1, limit);
            seen.AddRange(page.Items.Select(timer => $"{timer.Saga} {timer.Step}"));
            cursor = page.Next;
            Assert.True(++pages <= 80, "It does not end.");
        }
        while (cursor is not null);

        Assert.Equal(parts.Values.SelectMany(sagas => sagas.SelectMany(saga => Enumerable.Range(0, saga.Steps).Select(step => $"{saga.Id} {step}"))).Order(), seen.Order());
    }

    [Fact]
    public async Task Show_first_what_is_due_first()
    {
        (string Service, int[] Due)[] parts = [("a.one", [1, 2, 3, 4]), ("b.two", [10, 11]), ("c.three", [2, 12])];
        var merged = new MergedManagement(parts.Select(
            part => new ManagementPart(part.Service, Timers(part.Service, [.. part.Due.Select(due => (due, Saga(part.Service, due), due, 1))]), part.Service)));

        var first = await merged.TimersAsync(new ListQuery { Limit = 4 });
        Assert.Equal([1, 2, 2, 3], first.Items.Select(timer => (timer.Due - Begin).TotalSeconds));
        var second = await merged.TimersAsync(new ListQuery { Limit = 4, Cursor = first.Next });
        Assert.Equal([4, 10, 11, 12], second.Items.Select(timer => (timer.Due - Begin).TotalSeconds));
        Assert.Null(second.Next);
        Assert.Equal(ProblemCodes.BadRequest, (await Assert.ThrowsAsync<ManagementException>(() => merged.TimersAsync(new ListQuery { Cursor = "nonsense" }))).Problem.Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(200)]
    public async Task Show_each_act_once_though_clocks_cross(int limit)
    {
        var at = (int[])[50, 10, 60, 20, 20, 5, 70];
        var parts = new[] { "a.one", "b.two" }.ToDictionary(service => service, service => Enumerable.Range(1, 7)
            .Select(number => new AuditItem(service, number, Begin.AddSeconds(at[(number + service[0]) % 7]), "ada", "retry", "saga", "x", null, null, null, "done")).Reverse().ToList());
        var merged = new MergedManagement(parts.Select(part => new ManagementPart(part.Key, Audit(part.Value), part.Key)));

        var (seen, cursor) = (new List<AuditItem>(), (string?)null);
        do
        {
            var page = await merged.AuditAsync(new AuditListQuery { Limit = limit, Cursor = cursor });
            seen.AddRange(page.Items);
            cursor = page.Next;
            Assert.True(seen.Count <= 14, "It does not end.");
        }
        while (cursor is not null);

        Assert.All(parts, part => Assert.Equal(part.Value, seen.Where(item => item.Service == part.Key)));
        Assert.Equal(14, seen.Count);
    }

    [Theory]
    [InlineData(401, ProblemCodes.Unauthenticated)]
    [InlineData(403, ProblemCodes.Forbidden)]
    [InlineData(404, ProblemCodes.NotFound)]
    [InlineData(429, ProblemCodes.Overloaded)]
    public async Task Say_what_one_part_says_and_show_the_others(int status, string code)
    {
        var refusing = Answering.Of<Page<TimerItem>>((_, _) => throw new ManagementException(new ManagementProblem(status, code, "It says no.")));
        var merged = new MergedManagement([new ManagementPart("a.one", Timers("a.one", [(1, Saga("a.one", 1), 1, 1)]), "a.one"), new ManagementPart("http://elsewhere", refusing)]);

        var page = await merged.TimersAsync(new ListQuery());

        Assert.Single(page.Items);
        Assert.Equal("http://elsewhere", Assert.Single(page.Missing).Service);
        Assert.Contains("It says no.", page.Missing[0].Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Say_what_is_wrong_with_the_question()
    {
        var refusing = Answering.Of<Page<TimerItem>>((_, _) => throw new ManagementException(new ManagementProblem(400, ProblemCodes.BadRequest, "It is nonsense.")));
        var merged = new MergedManagement([new ManagementPart("http://elsewhere", refusing)]);

        Assert.Equal(400, (await Assert.ThrowsAsync<ManagementException>(() => merged.TimersAsync(new ListQuery()))).Problem.Status);
    }

    [Fact]
    public async Task Do_not_take_what_another_process_may_not_for_what_the_viewer_may_not()
    {
        var refusing = Answering.Of<ActResult>((_, _) => throw new ManagementException(new ManagementProblem(403, ProblemCodes.Forbidden, "You need the right 'operate'.")));
        var merged = new MergedManagement([new ManagementPart("shop.orders", refusing, "shop.orders")]);

        var refused = await Assert.ThrowsAsync<ManagementException>(() => merged.ActAsync("shop.orders", "x", new ActRequest { Act = "retry" }, new ActTerms()));

        Assert.Equal((503, ProblemCodes.Unreachable), (refused.Problem.Status, refused.Problem.Code));
        Assert.Equal("Whoever has it does not let this process in (403): You need the right 'operate'.", refused.Problem.Detail);
    }

    private static string Saga(string service, int number) => new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, (byte)service[0]]).ToString();

    /// <summary>Goes on by when sagas are woken, as stores do.</summary>
    private static IManagement Timers(string service, List<(int Wake, string Id, int Due, int Steps)> sagas) => Answering.Of((_, given) =>
    {
        var query = (ListQuery)given[0]!; // TimersAsync is given one.
        var after = query.Cursor is { } cursor ? long.Parse(cursor.Split('-')[0], CultureInfo.InvariantCulture) : -1;
        var rows = sagas.Where(saga => saga.Wake > after).OrderBy(saga => saga.Wake).ToList();
        var page = rows.Take(query.Limit).ToList();
        return new Page<TimerItem>([.. page.SelectMany(saga => Enumerable.Range(0, saga.Steps).Select(step => new TimerItem(service, saga.Id, "order", $"{step}", "event", Begin.AddSeconds(saga.Due))))])
        {
            Next = rows.Count > page.Count ? string.Create(CultureInfo.InvariantCulture, $"{page[^1].Wake}-{Guid.Parse(page[^1].Id):N}") : null,
        };
    });

    /// <summary>Goes on by numbers, as stores do.</summary>
    private static IManagement Audit(List<AuditItem> items) => Answering.Of((_, given) =>
    {
        var query = (AuditListQuery)given[0]!; // AuditAsync is given one.
        var before = AuditCursor.Read(query.Cursor).GetValueOrDefault(items[0].Service, long.MaxValue);
        return AuditCursor.Page(items.Where(item => item.Number < before).Take(query.Limit + 1), query.Cursor, query.Limit);
    });
}
