using System.Text;
using Microsoft.Playwright;
using Skald.EndToEnd;

namespace Skald.Pages.Tests;

/// <summary>All pages, on screens from a phone's to a large one, in both themes.</summary>
/// <remarks><c>SKALD_SCREENSHOTS=folder</c> keeps what was seen.</remarks>
public sealed class Every_page(Browser browser) : IClassFixture<Browser>
{
    private const string Slot = "01a1fc23-b2a0-790b-b98e-377b63479a89";

    /// <summary>A run of letters and digits whose parts are on several lines.</summary>
    private const string BrokenWords = """
        () => {
          const broken = [];
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (texts.nextNode()) {
            for (const word of texts.currentNode.data.matchAll(/[\p{L}\p{N}]+/gu)) {
              const range = document.createRange();
              range.setStart(texts.currentNode, word.index);
              range.setEnd(texts.currentNode, word.index + word[0].length);
              if (new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1) {
                broken.push(word[0]);
              }
            }
          }
          return broken;
        }
        """;

    private const string WhatIsTooWide = """
        () => document.documentElement.scrollWidth <= innerWidth ? []
          : [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 50))
        """;

    private static readonly string[] Pages =
    [
        "/", "/food-orders", "/storefront", "/parking-choreography/flows", "/parking-choreography/flows/*", "/storefront/flows", "/parking-event-sourcing/flows",
        "/food-orders/order/asyncapi", "/food-orders/accounting/asyncapi", "/parking-orchestration/booking/asyncapi", "/parking-choreography/billing/asyncapi", "/storefront/inventory/asyncapi",
        "/parking-event-sourcing/parking/asyncapi",
    ];

    public static TheoryData<string> Paths => [.. Pages];

    [Theory, MemberData(nameof(Paths))]
    public async Task Fits_its_screen_and_breaks_no_word(string path)
    {
        var page = (await OpenAsync(path)).Page;
        foreach (var dark in (bool[])[false, true])
        {
            await page.EmulateMediaAsync(new() { ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light });
            foreach (var width in (int[])[390, 1280, 1920])
            {
                await page.SetViewportSizeAsync(width, 900);
                await KeepAsync(page, $"{path.Trim('/').Replace('/', '-').Replace("*", "one", StringComparison.Ordinal)}-{width}-{(dark ? "dark" : "light")}");
                Assert.Empty(await page.EvaluateAsync<string[]>(WhatIsTooWide));
                Assert.Empty(await page.EvaluateAsync<string[]>(BrokenWords));
            }
        }
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task Has_the_one_look_and_asks_nobody_else(string path)
    {
        var visit = await OpenAsync(path);

        Assert.Empty(visit.Complaints);
        Assert.All(visit.Requests, request => Assert.StartsWith(browser.Address + "/", request, StringComparison.Ordinal));
        Assert.Equal(0, await visit.Page.Locator("script:not([src]), [style], [onclick]").CountAsync());
        // What only the sheet says, of the page and of a part.
        Assert.Equal("rgb(246, 247, 249)", await visit.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        Assert.Equal("8px", await visit.Page.Locator(".card, article").First.EvaluateAsync<string>("e => getComputedStyle(e).borderRadius"));
    }

    /// <summary>Orders and bookings are there; of a flow's page, the newest flow is shown.</summary>
    private async Task<Visit> OpenAsync(string path)
    {
        await HasSomethingToShowAsync();
        var visit = await browser.OpenAsync(path.EndsWith("/*", StringComparison.Ordinal) ? path[..^2] : path);
        if (path.EndsWith("/*", StringComparison.Ordinal))
        {
            await visit.Page.Locator("td a").First.ClickAsync();
            await Assertions.Expect(visit.Page.GetByText("All flows")).ToBeVisibleAsync();
        }

        return visit;
    }

    private async Task HasSomethingToShowAsync()
    {
        await browser.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(browser.Address) };
        if ((await http.GetStringAsync("/parking-choreography/flows")) is not "[]")
        {
            return;
        }

        await PostAsync(http, "/storefront/order", """{"item":"widget","quantity":50,"user":"a-customer-with-a-name"}""");
        await PostAsync(http, "/parking-orchestration/bookings", $$"""{"parkingSlotUuid":"{{Slot}}"}""");
        await PostAsync(http, "/food-orders/run-success-saga", "{}");
        foreach (var (booking, verb) in ((string, string)[])[("ParkingEventSourcing.Booking", "create_booking_request"), ("ParkingChoreography.Booking", "create_booking")])
        {
            var result = await Processes.RunAsync(booking, verb, Slot, "--data", browser.Data);
            Assert.True(result.ExitCode == 0, result.Error);
        }

        foreach (var system in (string[])["parking-choreography", "parking-event-sourcing", "storefront"])
        {
            await Eventually.TrueAsync($"{system} has a flow", async () => await http.GetStringAsync($"/{system}/flows") is not "[]");
        }
    }

    private static async Task PostAsync(HttpClient http, string path, string body)
    {
        using var answer = await http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task KeepAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("SKALD_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{(name[0] == '-' ? "home" : "")}{name}.png"), FullPage = true });
        }
    }
}
