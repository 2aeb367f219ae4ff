using Skald.Dashboard.Tests.Fake;
using Skald.Management;

namespace Skald.Dashboard.Tests;

/// <summary>All pages, on screens from a phone's to a large one, in both themes.</summary>
public sealed class Every_page(Site site) : IClassFixture<Site>
{
    private const string WhatIsTooWide = """
        () => document.documentElement.scrollWidth <= innerWidth ? []
          : [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll'))
              .map(e => e.tagName + '.' + (e.getAttribute('class') ?? '') + ' ' + e.textContent.slice(0, 50))
        """;

    internal static readonly (string Name, string Path)[] Pages =
    [
        ("overview", "/"),
        ("sagas", "/sagas"),
        ("sagas-found", "/sagas?q=status%3Aparked%20saga%3Acreate-order%20step%3A%22approve%20ticket%22"),
        ("sagas-none", "/sagas?q=nothing-like-this"),
        ("sagas-wrong", "/sagas?q=status%3Alost"),
        ("groups", "/sagas/groups"),
        ("saga-parked", $"/sagas/{Samples.Order}/{Samples.ParkedId}"),
        ("saga-undo-failed", $"/sagas/{Samples.Order}/{Samples.UndoFailedId}"),
        ("saga-waiting", $"/sagas/{Samples.Travel}/{Samples.WaitingId}"),
        ("saga-long", $"/sagas/{Samples.Sagas[7].Service}/{Samples.Sagas[7].Id}"),
        ("saga-damaged", $"/sagas/{Samples.Order}/{Samples.Sagas[8].Id}"),
        ("act-compensate", $"/sagas/{Samples.Order}/{Samples.ParkedId}/acts/compensate"),
        ("act-skip", $"/sagas/{Samples.Order}/{Samples.ParkedId}/acts/skip"),
        ("act-edit", $"/sagas/{Samples.Order}/{Samples.ParkedId}/acts/edit"),
        ("act-cancel", $"/sagas/{Samples.Order}/{Samples.ParkedId}/acts/cancel"),
        ("act-raise", $"/sagas/{Samples.Travel}/{Samples.WaitingId}/acts/raise"),
        ("saga-missing", $"/sagas/{Samples.Order}/01a1fb91-a6d3-78bf-948d-000000000000"),
        ("flows", "/flows"),
        ("flow-stuck", "/flows/storefront.orders/order-16"),
        ("flow-undone", "/flows/storefront.orders/order%2F14%20with%20a%20slash"),
        ("timers", "/timers"),
        ("letters", "/dead-letters"),
        ("letter", $"/dead-letters/{Samples.Accounting}/41"),
        ("letter-unreadable", "/dead-letters/storefront.inventory/3"),
        ("streams", "/streams"),
        ("stream", $"/streams?service={Samples.Booking}&aggregate=booking&id=B-2207"),
        ("projections", "/projections"),
        ("projection", $"/projections/{Samples.Order}/invoices"),
        ("services", "/services"),
        ("processes", "/processes"),
        ("jobs", "/jobs"),
        ("job", $"/jobs/{Samples.Order}/job-1"),
        ("job-new", $"/jobs/new?service={Samples.Order}&q=status%3Aparked%20step%3A%22approve%20ticket%22"),
        ("job-of-whom", "/jobs/new"),
        ("audit", "/audit"),
        ("service", $"/services/{Samples.Order}"),
        ("balance", "/balance"),
        ("balance-further", $"/balance?cursor={Samples.ParkedId}"),
    ];

    public static TheoryData<string, string> Paths => [.. Pages.Select(p => (p.Name, p.Path))];

    [Theory, MemberData(nameof(Paths))]
    public async Task Fits_its_screen_in_both_themes(string name, string path)
    {
        await using var visit = await site.OpenAsync(path);
        foreach (var dark in (bool[])[false, true])
        {
            foreach (var width in (int[])[390, 1280, 1920])
            {
                await visit.LookAsync(width, dark);
                await visit.KeepAsync($"{name}-{width}-{(dark ? "dark" : "light")}");
                Assert.Empty(await visit.Page.EvaluateAsync<string[]>(WhatIsTooWide));
            }
        }
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task Asks_nobody_else_and_has_nothing_inline(string name, string path)
    {
        await using var visit = await site.OpenAsync(path);

        Assert.Equal(name switch { "saga-missing" => 404, "sagas-wrong" => 400, _ => 200 }, visit.Status);
        // A browser notes every 404 on its console; nothing else may be there.
        Assert.All(visit.Complaints, c => Assert.StartsWith("error: Failed to load resource: the server responded with a status of 4", c, StringComparison.Ordinal));
        Assert.Equal(visit.Status == 200 ? 0 : 1, visit.Complaints.Count);
        Assert.All(visit.Requests, request => Assert.StartsWith(site.Address, request, StringComparison.Ordinal));
        Assert.Equal(0, await visit.Page.Locator("script:not([src]), style, [style], [onclick], [onload]").CountAsync());
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task Is_free_of_what_axe_finds_serious(string name, string path)
    {
        await using var visit = await site.OpenAsync(path);
        foreach (var (width, dark) in ((int, bool)[])[(1280, false), (1280, true), (390, false)])
        {
            await visit.LookAsync(width, dark);
            var found = await Axe.FindAsync(visit.Page);
            Assert.True(found is [], $"{name} {width} {(dark ? "dark" : "light")}: {string.Join('\n', found)}");
        }
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task Can_be_read_without_scripts(string name, string path)
    {
        await using var visit = await site.OpenAsync(path, scripts: false);

        Assert.True(await visit.Page.Locator("main h1").IsVisibleAsync(), name);
        Assert.Equal(0, await visit.Page.Locator("[data-script]:visible, .copy:visible").CountAsync());
        Assert.True(await visit.Page.GetByRole(Microsoft.Playwright.AriaRole.Link, new() { Name = "Services" }).First.IsVisibleAsync());
    }
}

/// <summary>Pages when there is little or no answer.</summary>
public sealed class A_page_without_all_answers : IAsyncLifetime
{
    private readonly Site _site = new();

    public static TheoryData<string> Lists => ["/", "/sagas", "/sagas/groups", "/flows", "/timers", "/dead-letters", "/projections", "/services", "/processes", "/jobs", "/audit", "/balance"];

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Theory, MemberData(nameof(Lists))]
    public async Task Names_the_services_that_do_not_answer(string path)
    {
        _site.Fake.IsPartial = true;
        await using var visit = await _site.OpenAsync(path);
        await visit.KeepAsync($"partial-{path.Replace('/', '-')}");

        Assert.Contains("2 services do not answer", await visit.Page.Locator(".note.bad").First.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains(Samples.Billing, await visit.Page.Locator(".note.bad").First.InnerTextAsync(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Lists))]
    public async Task Says_what_would_be_there(string path)
    {
        _site.Fake.IsEmpty = true;
        await using var visit = await _site.OpenAsync(path);
        await visit.KeepAsync($"empty-{path.Replace('/', '-')}");

        Assert.Empty(visit.Complaints);
        Assert.Equal(200, visit.Status);
        if (path is not "/services")
        {
            Assert.True(await visit.Page.Locator(".empty strong").First.IsVisibleAsync());
        }
    }

    [Theory, MemberData(nameof(Lists))]
    public async Task Says_why_there_is_no_answer(string path)
    {
        _site.Fake.Problem = new ManagementProblem(503, ProblemCodes.Unreachable, "The service's database cannot be reached.") { Detail = "Its process tries again by itself." };
        await using var visit = await _site.OpenAsync(path);
        await visit.KeepAsync($"error-{path.Replace('/', '-')}");

        // The overview is shown as far as it is known.
        Assert.Equal(path is "/" ? 200 : 503, visit.Status);
        Assert.Contains("cannot be reached", await visit.Page.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
    }
}
