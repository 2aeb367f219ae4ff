using Microsoft.Playwright;
using Skald.Dashboard.Tests.Fake;

namespace Skald.Dashboard.Tests;

/// <summary>Acts, as a person does them in a browser.</summary>
public sealed class An_act : IAsyncLifetime
{
    private const string Parked = $"/sagas/{Samples.Order}/{Samples.ParkedId}";
    private readonly Site _site = new();

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Theory, InlineData(true), InlineData(false)]
    public async Task Shows_what_it_would_do_and_is_done_at_that_version_with_and_without_scripts(bool scripts)
    {
        await using var visit = await _site.OpenAsync(Parked, scripts: scripts);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Turn back" }).ClickAsync();

        await Assertions.Expect(visit.Page.Locator("#act ol li")).ToContainTextAsync(
            ["accounting is asked to undo 'authorize card'", "restaurant is asked to undo 'create ticket'", "nothing is to be undone of 'verify consumer'", "the undo of 'create order' runs here"]);
        await Assertions.Expect(visit.Page.Locator("#act")).ToContainTextAsync("Stays in doubt");
        Assert.Empty(_site.Fake.Done);

        await visit.Page.GetByLabel("Why").FillAsync("the oven's mechanic is ill");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Turn back" }).ClickAsync();

        await Assertions.Expect(visit.Page.Locator(".note.good")).ToHaveTextAsync("Turn back: it was done");
        Assert.Equal(["compensate the oven's mechanic is ill at 9"], _site.Fake.Done);
    }

    [Fact]
    public async Task Is_refused_when_the_saga_has_moved_on_meanwhile()
    {
        await using var visit = await _site.OpenAsync(Parked + "/acts/compensate");
        await visit.Page.GetByLabel("Why").FillAsync("because");
        _site.Fake.Change(Samples.Sagas[0] with { Version = 10 });

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Turn back" }).ClickAsync();

        await Assertions.Expect(visit.Page.Locator("#act .note.bad")).ToContainTextAsync("it is at version 10");
        await Assertions.Expect(visit.Page.GetByLabel("Why")).ToHaveValueAsync("because");
        Assert.Empty(_site.Fake.Done);
    }

    [Fact]
    public async Task That_is_changed_after_it_was_looked_at_is_looked_at_again_first()
    {
        await using var visit = await _site.OpenAsync(Parked + "/acts/go-on-from?step=create%20ticket");
        await visit.Page.GetByLabel("Why").FillAsync("because");
        await visit.Page.Locator("select[name=step]").SelectOptionAsync("authorize card");

        await visit.Page.Locator("#act button[value=it]").ClickAsync();
        await visit.Page.WaitForLoadStateAsync();
        Assert.Empty(_site.Fake.Done);

        await visit.Page.Locator("#act button[value=it]").ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".note.good")).ToBeVisibleAsync();
        Assert.Equal(["go-on-from authorize card because at 9"], _site.Fake.Done);
    }

    [Fact]
    public async Task Says_before_that_it_would_be_refused_and_which_cannot_be_done()
    {
        await using var visit = await _site.OpenAsync(Parked + "/acts/skip?step=approve%20order");
        await Assertions.Expect(visit.Page.Locator("#act")).ToContainTextAsync("It would be refused.");
        Assert.Equal(0, await visit.Page.Locator("#act button[value=it]").CountAsync());

        await visit.Page.GetByText("More", new() { Exact = true }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator("#acts .menu")).ToContainTextAsync("It is parked: use compensate.");
    }

    [Fact]
    public async Task Of_a_form_from_elsewhere_is_refused()
    {
        await using var visit = await _site.OpenAsync(Parked);
        foreach (var headers in (Dictionary<string, string>[])[new() { ["Origin"] = "https://evil.example" }, new() { ["Sec-Fetch-Site"] = "cross-site" }, []])
        {
            using var http = new HttpClient();
            using var request = new HttpRequestMessage(HttpMethod.Post, _site.Address + Parked + "/acts/retry") { Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["do"] = "it", ["version"] = "9" }) };
            headers.ToList().ForEach(h => request.Headers.Add(h.Key, h.Value));
            using var answer = await http.SendAsync(request);
            Assert.True((int)answer.StatusCode is 400 or 403, $"{answer.StatusCode}");
        }

        Assert.Empty(_site.Fake.Done);
    }

    [Fact]
    public async Task On_all_of_a_group_is_begun_at_a_rate_with_a_reason_and_suspended()
    {
        await using var visit = await _site.OpenAsync("/sagas/groups");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Act on all of create-order approve ticket" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        await visit.Page.GetByRole(AriaRole.Combobox, new() { Name = "Act" }).SelectOptionAsync("retry");
        await visit.Page.GetByLabel("How many a second").FillAsync("25");
        await visit.Page.GetByLabel("Why").FillAsync("the oven is mended");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Begin" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".note.good")).ToContainTextAsync("It has begun.");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Suspend" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".note.good")).ToContainTextAsync("It is suspended.");

        Assert.Equal(["job retry food-orders.order status:parked saga:create-order step:\"approve ticket\" 25 the oven is mended", "suspend job-1"], _site.Fake.Done);
    }

    [Fact]
    public async Task Has_a_line_for_the_shell_that_quotes_what_it_holds()
    {
        await using var visit = await _site.OpenAsync(Parked + "/acts/go-on-from?step=create%20ticket");
        await visit.Page.Locator("#act summary").ClickAsync();

        await Assertions.Expect(visit.Page.Locator("#act .lines pre").First).ToHaveTextAsync(
            $"skald sagas go-on-from {Samples.Order}/{Samples.ParkedId} --step 'create ticket' --reason '' --server {_site.Address}");
        await Assertions.Expect(visit.Page.Locator("#act .lines pre").Last).ToContainTextAsync("-H 'If-Match: \"9\"' -d '{\"act\":\"go-on-from\",\"step\":\"create ticket\",\"reason\":\"\"}'");
    }

    [Fact]
    public async Task On_a_dead_letter_and_on_a_projection_is_done_and_told()
    {
        await using var letter = await _site.OpenAsync($"/dead-letters/{Samples.Accounting}/41");
        await letter.Page.GetByRole(AriaRole.Button, new() { Name = "Replay" }).ClickAsync();
        await Assertions.Expect(letter.Page.Locator(".note.good")).ToContainTextAsync("Dead letter 41 of food-orders.accounting: it is on its way");

        await using var projection = await _site.OpenAsync($"/projections/{Samples.Order}/invoices");
        await projection.Page.GetByLabel("Why are the rows right without it?").FillAsync("it was a test");
        await projection.Page.GetByRole(AriaRole.Button, new() { Name = "Leave it out" }).ClickAsync();
        await Assertions.Expect(projection.Page.Locator(".note.good")).ToContainTextAsync("The event at 77120 is left out.");
        Assert.Equal(["replay food-orders.accounting 41 ", "skip invoices 77120 it was a test"], _site.Fake.Done);
    }
}
