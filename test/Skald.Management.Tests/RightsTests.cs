using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Skald.Management.Tests;

/// <summary>Every route times every role, as raw requests: a route without a right fails here.</summary>
public sealed partial class The_door_of_the_management
{
    private static readonly (string Role, string[] Rights)[] Roles =
    [
        ("", []), ("nobody", []), ("viewer", [Rights.View]), ("operator", [Rights.View, Rights.Operate]), ("admin", [Rights.View, Rights.Operate, Rights.Administer]), ("payloads", []),
    ];

    /// <summary>Who may only operate has no job go on that does what needs an administrator, and leaves a row in the audit with whatever he does.</summary>
    [Fact]
    public async Task Asks_of_whoever_resumes_a_job_the_right_of_its_act()
    {
        await using var site = await Site.StartAsync(Site.Roles, configure: Site.WithRoles);
        var id = await site.WaitingAsync();
        var begin = $$$"""{"service":"{{{Site.Orders}}}","q":"status:running","act":{"act":"compensate","reason":"because"},"perSecond":0.01}""";
        Assert.Equal(HttpStatusCode.Forbidden, (await site.SendAsync("POST", "jobs", begin, headers: [("X-Roles", "operator")])).Status);
        (string, string)[] admin = [("X-Roles", "admin"), ("Idempotency-Key", "one-job")];
        var (_, forecast, _) = await site.SendAsync("POST", "jobs?dryRun=true", begin, headers: admin);
        Assert.Equal(id, forecast.GetProperty("first")[0].GetProperty("id").GetString());
        var (begun, job, _) = await site.SendAsync("POST", "jobs", begin, headers: admin);
        Assert.True(begun == HttpStatusCode.OK, job.ToString());
        var (_, again, _) = await site.SendAsync("POST", "jobs", begin, headers: admin);
        Assert.Equal(job.GetProperty("id").GetString(), again.GetProperty("id").GetString());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await site.SendAsync("POST", "jobs", begin.Replace("because", "another", StringComparison.Ordinal), headers: admin)).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await site.SendAsync("POST", "jobs", begin.Replace("status:running", "status:parked", StringComparison.Ordinal), headers: admin)).Status);
        // What an act does not use makes it no other.
        Assert.Equal(HttpStatusCode.OK, (await site.SendAsync("POST", "jobs", begin.Replace("compensate", "resume\",\"step\":\"pay", StringComparison.Ordinal), headers: [("X-Roles", "admin")])).Status);

        var move = $"jobs/{Site.Orders}/{job.GetProperty("id").GetString()}";
        Assert.Equal(HttpStatusCode.OK, (await site.SendAsync("POST", $"{move}/suspend", "{}", headers: [("X-Roles", "operator")])).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await site.SendAsync("POST", $"{move}/resume", "{}", headers: [("X-Roles", "operator")])).Status);
        Assert.Equal(HttpStatusCode.OK, (await site.SendAsync("POST", $"{move}/resume", "{}", headers: [("X-Roles", "admin")])).Status);
    }

    [Fact]
    public async Task Leaves_a_row_in_the_audit_of_whoever_has_no_name()
    {
        await using var site = await Site.StartAsync();
        var id = await site.WaitingAsync();
        Assert.Equal(HttpStatusCode.OK, (await site.SendAsync("POST", $"sagas/{Site.Orders}/{id}/acts", """{"act":"hold"}""")).Status);
        var (_, audit, _) = await site.GetAsync("audit");
        var row = audit.GetProperty("items").EnumerateArray().Single();
        Assert.Equal(("hold", "somebody"), (row.GetProperty("act").GetString(), row.GetProperty("actor").GetString()));
    }

    [Fact]
    public async Task Lets_each_role_through_to_what_it_has_a_right_to_and_nobody_else()
    {
        await using var site = await Site.StartAsync(Site.Roles, configure: Site.WithRoles);
        var routes = site.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();
        Assert.True(routes.Count > 30, $"Only {routes.Count} routes.");
        var tried = 0;
        foreach (var route in routes)
        {
            var right = Assert.IsType<NeedsRight>(route.Metadata.GetMetadata<NeedsRight>()).Right;
            foreach (var method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                foreach (var (role, rights) in Roles)
                {
                    var path = Parameter().Replace(route.RoutePattern.RawText!, "7")["/skald/api/".Length..];
                    if (path == "events" && rights.Contains(right))
                    {
                        // It does not end.
                        continue;
                    }

                    var (status, _, _) = await site.SendAsync(method, path, method == "POST" ? "{}" : null, headers: role.Length == 0 ? [] : [("X-Roles", role)]);
                    var isRefused = status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
                    Assert.True(isRefused != rights.Contains(right), $"{method} {path} needs '{right}'; {role} was answered {status}.");
                    Assert.True(role.Length > 0 || status == HttpStatusCode.Unauthorized, $"{method} {path}: {status}");
                    tried++;
                }
            }
        }

        Assert.True(tried > 170, $"Only {tried} requests.");
    }

    [Theory]
    [InlineData("compensate")]
    [InlineData("edit")]
    [InlineData("go-on-from")]
    [InlineData("skip")]
    public async Task Keeps_what_cannot_be_taken_back_for_administrators(string act)
    {
        await using var site = await Site.StartAsync(Site.Roles, configure: Site.WithRoles);
        var id = await site.WaitingAsync();
        var body = $$$"""{"act":"{{{act}}}","step":"confirmation","patch":{ } }""";
        var (status, problem, _) = await site.SendAsync("POST", $"sagas/{Site.Orders}/{id}/acts", body, headers: ("X-Roles", "operator"));
        Assert.Equal((HttpStatusCode.Forbidden, ProblemCodes.Forbidden), (status, problem.GetProperty("code").GetString()));
        Assert.NotEqual(HttpStatusCode.Forbidden, (await site.SendAsync("POST", $"sagas/{Site.Orders}/{id}/acts", body, headers: ("X-Roles", "admin"))).Status);
    }

    [Fact]
    public async Task Shows_payloads_only_to_those_who_may_see_them()
    {
        await using var site = await Site.StartAsync(Site.Roles, configure: Site.WithRoles);
        var id = await site.WaitingAsync();
        var (_, hidden, _) = await site.GetAsync($"sagas/{Site.Orders}/{id}", ("X-Roles", "admin"));
        Assert.Equal("You need the right 'payloads' to see it.", hidden.GetProperty("stateHidden").GetString());
        Assert.DoesNotContain("transaction of", hidden.ToString(), StringComparison.Ordinal);
        var (_, shown, _) = await site.GetAsync($"sagas/{Site.Orders}/{id}", ("X-Roles", "viewer,payloads"));
        Assert.Equal("transaction of 4711", shown.GetProperty("state").GetProperty("transaction").GetString());
        var resume = shown.GetProperty("acts").EnumerateArray().Single(act => act.GetProperty("act").GetString() == "cancel");
        Assert.Equal((false, "You need the right 'operate' for it."), (resume.GetProperty("allowed").GetBoolean(), resume.GetProperty("whyNot").GetString()));
    }

    [Fact]
    public async Task Asks_the_application_before_each_act()
    {
        var asked = new List<string>();
        await using var site = await Site.StartAsync(new SkaldManagementOptions { CanAct = (_, act) => { asked.Add(act); return ValueTask.FromResult(act != "cancel"); } });
        var id = await site.WaitingAsync();
        Assert.Equal(HttpStatusCode.Forbidden, (await site.SendAsync("POST", $"sagas/{Site.Orders}/{id}/acts", """{"act":"cancel"}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await site.SendAsync("POST", $"sagas/{Site.Orders}/{id}/acts", """{"act":"hold"}""")).Status);
        foreach (var what in (string[])["retry", "skip", "rebuild"])
        {
            await site.SendAsync("POST", $"projections/{Site.Orders}/none/{what}", "{}");
        }

        await site.SendAsync("POST", $"dead-letters/{Site.Orders}/7/replay", "{}");
        Assert.Equal(["cancel", "hold", "retry-projection", "skip-event", "rebuild-projection", "replay"], asked);
        Assert.Equal(Rights.Administer, Rights.Of("skip-event"));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1", 403)]
    [InlineData("Forwarded", "for=127.0.0.1", 403)]
    [InlineData("X-Real-IP", "127.0.0.1", 403)]
    [InlineData("Host", "evil.example", 400)]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 200)]
    [InlineData("Host", "localhost", 200)]
    public async Task Without_a_policy_answers_only_this_machine_by_its_own_name(string header, string value, int status)
    {
        await using var site = await Site.StartAsync();
        Assert.Equal(status, (int)(await site.GetAsync("services", (header, value))).Status);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data")]
    public async Task Changes_nothing_for_what_a_form_can_send(string contentType)
    {
        await using var site = await Site.StartAsync();
        var id = await site.WaitingAsync();
        var (status, problem, _) = await site.SendAsync("POST", $"sagas/{Site.Orders}/{id}/acts", """{"act":"hold"}""", contentType);
        Assert.Equal((HttpStatusCode.UnsupportedMediaType, ProblemCodes.NotJson), (status, problem.GetProperty("code").GetString()));
        Assert.Null((await site[Site.Orders].Operations.FindSagaAsync(new SagaId(Guid.Parse(id))))!.Summary.Hold);
    }

    [Fact]
    public async Task In_production_is_not_opened_without_a_word_on_who_may_come_in()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Site.StartAsync(environment: "Production"));
        Assert.Contains("SkaldManagementOptions.ViewPolicy", refused.Message, StringComparison.Ordinal);
        await using var local = await Site.StartAsync(new SkaldManagementOptions { LocalOnly = true }, environment: "Production");
        Assert.Equal(HttpStatusCode.OK, (await local.GetAsync("services")).Status);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Site.StartAsync(new SkaldManagementOptions { AdminPolicy = "administer" }));
    }

    [Fact]
    public async Task Answers_with_headers_that_let_nobody_frame_keep_or_read_it()
    {
        await using var site = await Site.StartAsync();
        var (_, _, response) = await site.GetAsync("services");
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("frame-ancestors 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
