using System.Net;
using System.Text.RegularExpressions;
using Skald.Dashboard.Tests.Fake;
using Skald.Management;

namespace Skald.Dashboard.Tests;

/// <summary>What somebody may see and do, asked with raw requests.</summary>
public sealed partial class Rights_of_people : IAsyncLifetime
{
    private const string Parked = $"/sagas/{Samples.Order}/{Samples.ParkedId}";
    private readonly Site _site = new()
    {
        Options = new SkaldManagementOptions { ViewPolicy = "viewer", OperatePolicy = "operator", AdminPolicy = "admin", PayloadPolicy = "payloads", CanAct = (_, act) => ValueTask.FromResult(act is not ("pause" or "rebuild-projection")) },
        Add = services => RoleInHeader.AddTo(services, [.. new[] { "viewer", "operator", "admin", "payloads" }.Select(role => (role, role))]),
    };

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task Nobody_is_shown_a_page_without_the_right_to_look()
    {
        foreach (var path in Every_page.Pages.Select(p => p.Path).Append("/live").Append(Parked + "/state.json").Append(Parked + "/journal.ndjson"))
        {
            using var http = Client("");
            using var answer = await http.GetAsync(_site.Address + path, HttpCompletionOption.ResponseHeadersRead);
            Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized, $"{path}: {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task A_viewer_is_told_which_right_is_missing_and_sees_no_payload()
    {
        using var http = Client("viewer");
        var page = await http.GetStringAsync(_site.Address + Parked);

        Assert.Contains("You need the right &#x27;operate&#x27; for it.", page, StringComparison.Ordinal);
        Assert.Contains("You need the right &#x27;administer&#x27; for it.", page, StringComparison.Ordinal);
        Assert.Contains("You need the right &#x27;payloads&#x27; to see it.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("transactionId", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(_site.Address + Parked + "/state.json")).StatusCode);
        Assert.DoesNotContain("eighty", await http.GetStringAsync($"{_site.Address}/dead-letters/{Samples.Accounting}/41"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("viewer", "retry", 403)]
    [InlineData("operator", "retry", 302)]
    [InlineData("operator", "compensate", 403)]
    [InlineData("operator", "edit", 403)]
    [InlineData("admin", "compensate", 302)]
    [InlineData("admin", "pause", 403)]
    public async Task An_act_is_refused_by_what_does_it_and_not_only_hidden(string role, string act, int expected)
    {
        // The token is right: an admin's page gave it.
        using var http = Client("admin,payloads");
        var form = await http.GetStringAsync($"{_site.Address}{Parked}/acts/{(act is "pause" ? "compensate" : act)}");
        var fields = FieldPattern().Matches(form).ToDictionary(m => m.Groups[1].Value, m => WebUtility.HtmlDecode(m.Groups[2].Value));
        fields["do"] = "it";
        fields["reason"] = "because";
        if (act is "pause" or "edit")
        {
            fields["seen"] = new Routes.Asked { Act = act, Patch = act is "edit" ? "{}" : null }.Print();
            fields["patch"] = act is "edit" ? "{}" : "";
            fields["version"] = "9";
        }

        http.DefaultRequestHeaders.Remove(RoleInHeader.Header);
        http.DefaultRequestHeaders.Add(RoleInHeader.Header, role);
        using var answer = await http.PostAsync($"{_site.Address}{Parked}/acts/{act}", new FormUrlEncodedContent(fields));

        Assert.True(expected == (int)answer.StatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        Assert.Equal(expected == 302 ? 1 : 0, _site.Fake.Done.Count);
    }

    [Theory]
    [InlineData("retry", 302)]
    [InlineData("rebuild", 403)]
    public async Task An_act_on_a_projection_has_a_name_of_its_own(string act, int expected)
    {
        using var http = Client("operator");
        var page = $"{_site.Address}/projections/{Samples.Order}/invoices";
        var token = FieldPattern().Matches(await http.GetStringAsync(page)).First(m => m.Groups[1].Value == "__RequestVerificationToken").Groups[2].Value;
        using var answer = await http.PostAsync($"{page}/{act}", new FormUrlEncodedContent([new("__RequestVerificationToken", WebUtility.HtmlDecode(token))]));

        Assert.Equal((expected, expected == 302 ? 1 : 0), ((int)answer.StatusCode, _site.Fake.Done.Count));
    }

    private static HttpClient Client(string roles)
    {
        var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = true });
        if (roles.Length > 0)
        {
            http.DefaultRequestHeaders.Add(RoleInHeader.Header, roles);
        }

        return http;
    }

    [GeneratedRegex("""<input type="hidden" name="([^"]+)" value="([^"]*)" ?/?>""")]
    private static partial Regex FieldPattern();
}
