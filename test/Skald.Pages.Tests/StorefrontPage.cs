using System.Text;
using Microsoft.Playwright;
using Skald.EndToEnd;
using Skald.TestServers;

namespace Skald.Pages.Tests;

/// <summary>The shop's page as a browser sees it.</summary>
public sealed class The_storefront_page : IAsyncLifetime
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-shop-");
    private readonly List<string> _complaints = [];
    private readonly List<string> _requests = [];
    private readonly string _address = $"http://127.0.0.1:{FreePorts.Take(1)[0]}";
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private ServingProcess? _playground;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? default);
        _playwright?.Dispose();
        await (_playground?.DisposeAsync() ?? default);
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task Shows_orders_as_they_arrive_and_are_paid_or_cancelled()
    {
        var page = await OpenAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Begin anew with these" }).ClickAsync();
        await Assertions.Expect(page.Locator("#reset-answer")).ToHaveTextAsync("Done.");

        await PlaceAsync(page, "widget", "50", "jack");
        var newest = page.Locator("#orders > li").First;
        await Assertions.Expect(newest.Locator(".badge")).ToHaveTextAsync("paid");
        await Assertions.Expect(newest.Locator(".what")).ToHaveTextAsync("50 widget for jack");
        await Assertions.Expect(newest.Locator(".history li")).ToHaveTextAsync(["order-placed", "order-created", "inventory-updated", "payment-created"]);
        await Assertions.Expect(page.Locator("#news")).ToHaveTextAsync("Order of 50 widget for jack: paid.");

        await page.Locator("#payment-error").CheckAsync();
        await PlaceAsync(page, "widget", "50", "jack");
        await Assertions.Expect(newest.Locator(".badge")).ToHaveTextAsync("cancelled");
        await Assertions.Expect(newest.Locator(".reason")).ToContainTextAsync("Payment error detected for order");

        // Placed by somebody else, with a name that must stay a name.
        await PostAsync("""{"item":"<img src=x onerror=alert(1)>","quantity":1,"user":"jack"}""");
        await Assertions.Expect(newest.Locator(".what")).ToHaveTextAsync("1 <img src=x onerror=alert(1)> for jack");
        await Assertions.Expect(newest.Locator(".badge")).ToHaveTextAsync("cancelled");
        await Assertions.Expect(page.Locator("#count-paid")).ToHaveTextAsync("1");
        await Assertions.Expect(page.Locator("#count-cancelled")).ToHaveTextAsync("2");

        await IsFineAsync(page);
        if (Environment.GetEnvironmentVariable("SKALD_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, "storefront.png"), FullPage = true });
        }
    }

    [Fact]
    public async Task Says_what_is_wrong_beside_the_field()
    {
        var page = await OpenAsync();
        await PlaceAsync(page, "", "-1", "jack");

        await Assertions.Expect(page.Locator("#item-error")).ToHaveTextAsync("It must be a text of 1 to 200 characters, not blank.");
        await Assertions.Expect(page.Locator("#quantity-error")).ToContainTextAsync("It must be a whole number");
        await Assertions.Expect(page.Locator("#user-error")).ToHaveTextAsync("");
        await Assertions.Expect(page.Locator("#item")).ToBeFocusedAsync();
        await Assertions.Expect(page.Locator("#orders > li")).ToHaveCountAsync(0);
        // A browser notes every 400 on its console; nothing else may be there.
        Assert.All(_complaints, c => Assert.Contains("400 (Bad Request)", c, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Catches_up_after_the_server_was_away()
    {
        var page = await OpenAsync();
        await PostAsync("""{"item":"before","quantity":1,"user":"nobody"}""");
        await Assertions.Expect(page.Locator("#orders > li[data-status=cancelled]")).ToHaveCountAsync(1);

        await _playground!.KillAsync();
        await Assertions.Expect(page.Locator("#connection")).ToHaveTextAsync("Connection lost, trying again");
        await _playground.DisposeAsync();
        _playground = await ServingProcess.StartAsync("Playground", ["--data", _data.FullName, "--urls", _address], environment: null);
        await PostAsync("""{"item":"after","quantity":1,"user":"nobody"}""");

        await Assertions.Expect(page.Locator("#connection")).ToHaveTextAsync("Live", new() { Timeout = 15_000 });
        await Assertions.Expect(page.Locator("#orders > li .what")).ToHaveTextAsync(["1 after for nobody", "1 before for nobody"]);
        await Assertions.Expect(page.Locator("#orders > li[data-status=cancelled]")).ToHaveCountAsync(2);
    }

    private async Task<IPage> OpenAsync()
    {
        Assert.False(Requirements.Chromium is not null && Requirements.MustRun, Requirements.Chromium);
        Assert.SkipWhen(Requirements.Chromium is not null, Requirements.Chromium ?? "");
        _playground = await ServingProcess.StartAsync("Playground", ["--data", _data.FullName, "--urls", _address], environment: null);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Requirements.ChromiumPath, Args = ["--no-sandbox"] });
        var page = await _browser.NewPageAsync(new() { ViewportSize = new() { Width = 1200, Height = 900 } });
        page.Console += (_, message) => _complaints.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => _complaints.Add(error);
        page.Dialog += (_, dialog) => _complaints.Add($"dialog: {dialog.Message}");
        page.Request += (_, request) => _requests.Add(request.Url);
        await page.GotoAsync(_address + "/storefront");
        await Assertions.Expect(page.Locator("#connection")).ToHaveTextAsync("Live");
        return page;
    }

    private static async Task PlaceAsync(IPage page, string item, string quantity, string user)
    {
        await page.GetByLabel("Item").FillAsync(item);
        await page.GetByLabel("Quantity").FillAsync(quantity);
        await page.GetByLabel("User", new() { Exact = true }).FillAsync(user);
        await page.GetByRole(AriaRole.Button, new() { Name = "Place order" }).ClickAsync();
    }

    private async Task PostAsync(string order)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsync(_address + "/storefront/order", new StringContent(order, Encoding.UTF8, "application/json"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task IsFineAsync(IPage page)
    {
        Assert.Empty(_complaints);
        Assert.All(_requests, request => Assert.StartsWith(_address + "/", request, StringComparison.Ordinal));
        Assert.Equal(0, await page.EvaluateAsync<int>("[...document.querySelectorAll('input, button')].filter(e => !(e.labels?.length || e.textContent.trim())).length"));
        await page.SetViewportSizeAsync(380, 800);
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "The page is wider than a phone.");
        await page.SetViewportSizeAsync(1200, 900);
    }
}
