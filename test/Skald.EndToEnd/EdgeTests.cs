using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Skald.EndToEnd;

/// <summary>What strangers may send to the samples. The matrix is read by a person: <c>edge-matrix.txt</c>.</summary>
public sealed class The_edge : IAsyncLifetime
{
    private const string Update = "SKALD_EDGE=write dotnet test/Skald.EndToEnd/bin/Release/net10.0/Skald.EndToEnd.dll -class Skald.EndToEnd.The_edge";

    private static readonly string Json = FoodOrdersSystem.Order();

    /// <summary>Everything that the samples serve: a request that is in order.</summary>
    private static readonly (string Method, string Target, string? Body)[] Routes =
    [
        ("GET", "/", null),
        ("GET", "/playground.css", null),
        ("GET", "/health/live", null),
        ("GET", "/health/ready", null),
        ("GET", "/food-orders/", null),
        ("GET", "/food-orders/ping", null),
        ("GET", "/food-orders/run-success-saga", null),
        ("POST", "/food-orders/run-success-saga", null),
        ("POST", "/food-orders/orders", Json),
        ("GET", "/food-orders/orders", null),
        ("GET", "/food-orders/orders/1", null),
        ("GET", "/food-orders/order/asyncapi", null),
        ("GET", "/food-orders/order/asyncapi.json", null),
        ("GET", "/food-orders/order/asyncapi.yaml", null),
        ("POST", "/parking-orchestration/bookings", """{"parkingSlotUuid":"01a1fb88-1a22-7061-9a35-ec203c6b2fd0"}"""),
        ("GET", "/parking-orchestration/bookings", null),
        ("GET", "/parking-orchestration/bookings/1", null),
        ("GET", "/parking-choreography/flows", null),
        ("GET", "/parking-choreography/flows/x", null),
        ("GET", "/parking-event-sourcing/bookings", null),
        ("GET", "/parking-event-sourcing/bookings/01a1fb88-1a22-7061-9a35-ec203c6b2fd0/events", null),
        ("GET", "/parking-event-sourcing/slots", null),
        ("GET", "/storefront/", null),
        ("GET", "/storefront/storefront.js", null),
        ("POST", "/storefront/order", StorefrontSystem.Order(quantity: 1)),
        ("GET", "/storefront/order", null),
        ("GET", "/storefront/changes", null),
        ("POST", "/storefront/data-init", "{}"),
        ("GET", "/nowhere", null),
    ];

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-edge-");
    private ServingProcess _playground = null!; // Set before each test.

    private Uri Server => _playground.Http.BaseAddress!;

    public async ValueTask InitializeAsync() => _playground = await ServingProcess.StartAsync("Playground", "--data", _data.FullName);

    public async ValueTask DisposeAsync()
    {
        await _playground.DisposeAsync();
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task Lets_in_what_was_reviewed()
    {
        var now = new StringBuilder("# method route: status of each request; what a browser of this site or a program sends is \"own\"\n");
        foreach (var (method, target, body) in Routes)
        {
            now.Append(CultureInfo.InvariantCulture, $"{method} {target}:");
            foreach (var (name, answer) in await TryAsync(method, target, body))
            {
                now.Append(CultureInfo.InvariantCulture, $" {name}={answer.Status}");
                ShouldBeGuarded($"{method} {target} ({name})", answer);
            }

            now.Append('\n');
        }

        var file = Path.Combine(Path.GetDirectoryName(SourceFile())!, "edge-matrix.txt");
        if (Environment.GetEnvironmentVariable("SKALD_EDGE") == "write")
        {
            await File.WriteAllTextAsync(file, now.ToString());
        }

        var reviewed = (File.Exists(file) ? await File.ReadAllTextAsync(file) : "").Split('\n');
        var lines = now.ToString().Split('\n');
        var differs = lines.Except(reviewed).Concat(reviewed.Except(lines)).ToList();
        Assert.True(differs is [], $"These lines are in edge-matrix.txt, or are what is answered, and not both:\n{string.Join('\n', differs)}\nIf the change is meant: {Update}, and review the difference.");
    }

    [Fact]
    public async Task Does_not_start_where_others_reach_it_unless_it_is_meant_to()
    {
        var refused = await Processes.RunAsync("Playground", "--data", _data.FullName, "--urls", "http://0.0.0.0:0");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("can be reached from other machines", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--open", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Error, StringComparison.Ordinal);

        await using var open = await ServingProcess.StartAsync("Playground", "--data", Path.Combine(_data.FullName, "open"), "--urls", "http://0.0.0.0:0", "--open", "--hosts", "shop.example");
        Assert.Contains("can be reached from other machines: whoever reaches it may use it", open.Output, StringComparison.Ordinal);
        var port = open.Http.BaseAddress!.Port;
        var server = new Uri($"http://127.0.0.1:{port}");
        Assert.Equal(200, (await RawHttp.SendAsync(server, "GET", "/health/live", ["Host: shop.example", "X-Forwarded-For: 10.0.0.1"])).Status);
        Assert.Equal(400, (await RawHttp.SendAsync(server, "GET", "/health/live", ["Host: evil.example"])).Status);

        // A browser does not say where a GET to http://shop.example comes from; it could be a picture on any page.
        Assert.Equal(403, (await RawHttp.SendAsync(server, "GET", "/food-orders/run-success-saga", ["Host: shop.example"])).Status);
        Assert.Equal(200, (await RawHttp.SendAsync(server, "POST", "/food-orders/run-success-saga", ["Host: shop.example"])).Status);
    }

    [Theory]
    [InlineData("X-Forwarded-For: 127.0.0.1")]
    [InlineData("X-Real-IP: 127.0.0.1")]
    [InlineData("Via: 1.1 proxy")]
    public async Task Is_not_talked_round_by_a_host_that_believes_proxies(string header)
    {
        await using var believing = await ServingProcess.StartAsync(
            "Playground", ["--data", Path.Combine(_data.FullName, "believing")], new Dictionary<string, string> { ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true" });
        Assert.Equal(200, (await RawHttp.SendAsync(believing.Http.BaseAddress!, "GET", "/health/live", [$"Host: {believing.Http.BaseAddress!.Authority}"])).Status);
        Assert.Equal(403, (await RawHttp.SendAsync(believing.Http.BaseAddress!, "GET", "/health/live", [$"Host: {believing.Http.BaseAddress!.Authority}", header])).Status);
    }

    [Fact]
    public async Task Does_not_start_where_Kestrels_own_variables_lead_others_to_it()
    {
        var refused = await Processes.RunAsync(
            "Playground", ["--data", _data.FullName, "--urls", "http://127.0.0.1:0"], new Dictionary<string, string> { ["Kestrel__Endpoints__All__Url"] = "http://[::]:0" });
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("can be reached from other machines", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_strangers_nothing_of_paths()
    {
        await using var open = await ServingProcess.StartAsync("Playground", "--data", Path.Combine(_data.FullName, "open"), "--urls", "http://0.0.0.0:0", "--open");
        var page = await open.Http.GetStringAsync(new Uri($"http://127.0.0.1:{open.Http.BaseAddress!.Port}/"));
        Assert.DoesNotContain(_data.FullName, page, StringComparison.Ordinal);
    }

    private async Task<List<(string Name, RawAnswer Answer)>> TryAsync(string method, string target, string? body)
    {
        var (host, json) = ($"Host: {Server.Authority}", "Content-Type: application/json");
        var bytes = body is null ? null : Encoding.UTF8.GetBytes(body);
        List<(string, RawAnswer)> answers =
        [
            ("own", await SendAsync([host, json, $"Origin: http://{Server.Authority}", "Sec-Fetch-Site: same-origin"], bytes)),
            ("host", await SendAsync(["Host: evil.example", json], bytes)),
            ("origin", await SendAsync([host, json, "Origin: http://evil.example"], bytes)),
            ("null-origin", await SendAsync([host, json, "Origin: null"], bytes)),
            ("cross-site", await SendAsync([host, json, "Sec-Fetch-Site: cross-site"], bytes)),
            ("same-site", await SendAsync([host, json, "Sec-Fetch-Site: same-site"], bytes)),
            ("proxied", await SendAsync([host, json, "X-Forwarded-For: 10.0.0.1"], bytes)),
        ];
        if (bytes is not null && body is not null)
        {
            answers.AddRange(
            [
                ("text", await SendAsync([host, "Content-Type: text/plain"], bytes)),
                ("form", await SendAsync([host, "Content-Type: application/x-www-form-urlencoded"], bytes)),
                ("untyped", await SendAsync([host], bytes)),
                ("2MiB", await SendAsync([host, json], new byte[2 << 20])),
                ("twice", await SendAsync([host, json], Encoding.UTF8.GetBytes("""{"a":1,"a":2}"""))),
                ("half-pair", await SendAsync([host, json], Encoding.UTF8.GetBytes("""{"item":"\ud800","parkingSlotUuid":"\ud800"}"""))),
                ("half-name", await SendAsync([host, json], Encoding.UTF8.GetBytes("""{"\ud800":1}"""))),
                ("no-utf8", await SendAsync([host, json], [.. "{\"item\":\""u8, 0xff, 0xfe, .. "\"}"u8])),
                ("nul", await SendAsync([host, json], Encoding.UTF8.GetBytes("""{"item":"\u0000","parkingSlotUuid":"\u0000"}"""))),
                ("deep", await SendAsync([host, json], Encoding.UTF8.GetBytes(new string('[', 100_000)))),
            ]);
        }

        answers.Add(("nul-query", await SendAsync([host, json], bytes, "?x=%00")));
        return answers;

        Task<RawAnswer> SendAsync(string[] headers, byte[]? content, string query = "") => RawHttp.SendAsync(Server, method, target + query, headers, content);
    }

    private static void ShouldBeGuarded(string request, RawAnswer answer)
    {
        Assert.True(answer.Status is > 0 and < 500, $"{request} was answered with {answer.Status}.");
        var headers = answer.Headers;
        Assert.True(headers.GetValueOrDefault("x-content-type-options") == "nosniff", request);
        Assert.True(headers.GetValueOrDefault("referrer-policy") == "no-referrer", request);
        Assert.True(headers.GetValueOrDefault("cross-origin-opener-policy") == "same-origin", request);
        Assert.True(headers.GetValueOrDefault("cross-origin-resource-policy") == "same-origin", request);
        var policy = headers.GetValueOrDefault("content-security-policy") ?? "";
        Assert.All((string[])["default-src 'none'", "frame-ancestors 'none'", "base-uri", "form-action"], part => Assert.True(policy.Contains(part, StringComparison.Ordinal), $"{request}: '{policy}' lacks {part}"));
        Assert.True(headers.GetValueOrDefault("cache-control")?.StartsWith("no-", StringComparison.Ordinal) == true, $"{request} may be kept: '{headers.GetValueOrDefault("cache-control")}'");
        Assert.False(headers.ContainsKey("server") || headers.ContainsKey("x-powered-by"), request);
    }

    private static string SourceFile([CallerFilePath] string path = "") => path;
}
