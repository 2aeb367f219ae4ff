using Skald.Dashboard.Tests.Fake;

namespace Skald.Dashboard.Tests;

/// <summary>What others wrote is text, wherever it stands.</summary>
public sealed class What_others_wrote
{
    private const string Canary = "window.hit = 1";

    /// <summary>Four at a time: a page shows them side by side as well as alone.</summary>
    public static TheoryData<string> Attacks => [.. Each.Chunk(4).Select(some => string.Join(' ', some))];

    private static string[] Each =>
    [
        $"<script>{Canary}</script>", $"<img src=x onerror='{Canary}'>", $"\"><svg onload={Canary.Replace(" ", "", StringComparison.Ordinal)}>", $"' autofocus onfocus='{Canary}' x='",
        $"javascript:{Canary}", $"</title><script>{Canary}</script>", $"</textarea><script>{Canary}</script>", $"]]><script>{Canary}</script>", $"--><script>{Canary}</script>",
        $"{{{{constructor.constructor('{Canary}')()}}}}", "\u2028\u2029\u202e\u0007", $"<a href=\"javascript:{Canary}\">x</a>", $"<math><mtext></form><form><mglyph><style></math><img src onerror={Canary.Replace(" ", "", StringComparison.Ordinal)}>",
        $"\" hx-on:load=\"{Canary}\" data-x=\"", "&lt;script&gt;", "%3Cscript%3E",
    ];

    [Theory, MemberData(nameof(Attacks))]
    public async Task Is_shown_as_text_on_every_page(string attack)
    {
        var (management, hostile) = Hostile.With(attack);
        await using var site = new Site { Instead = management };
        await site.InitializeAsync();
        await using var visit = await site.OpenAsync("/");
        foreach (var everything in (bool[])[false, true])
        {
            hostile.Everything = everything;
            foreach (var (name, path) in Every_page.Pages.Where(p => p.Name is "overview" or "sagas" or "groups" or "saga-parked" or "flows" or "flow-stuck" or "timers" or "letters" or "letter" or "stream" or "projections" or "services" or "processes" or "jobs" or "job" or "audit" || (p.Name is "act-compensate" or "act-edit")))
            {
                await visit.GoAsync(site.Address + path);
                Assert.True(visit.Status == 200, $"{name}: {visit.Status}");
                Assert.True(await visit.Page.EvaluateAsync<bool>("window.hit === undefined"), $"{name} ran it");
                Assert.Equal(0, await visit.Page.Locator("script:not([src]), [onerror], [onload], [onfocus], [style], main img, math, [href^='javascript:']").CountAsync());
                Assert.Empty(visit.Complaints);
                if (attack.StartsWith('<') && name is not ("act-edit" or "groups" or "processes" or "overview"))
                {
                    Assert.Contains(attack, await visit.Page.Locator("main").EvaluateAsync<string>("e => e.textContent"), StringComparison.Ordinal);
                }
            }
        }
    }
}
