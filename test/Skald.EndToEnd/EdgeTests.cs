using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Skald.EndToEnd;

/// <summary>What strangers may send to the samples. The matrix is read by a person: <c>edge-matrix.txt</c>.</summary>
public sealed class The_edge(Servers servers) : IClassFixture<Servers>, IDisposable
{
    private const string Update = "SKALD_EDGE=write dotnet test/Skald.EndToEnd/bin/Release/net10.0/Skald.EndToEnd.dll -class Skald.EndToEnd.The_edge";
    private const string CardProvider = "FoodOrders.CardProvider";

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-edge-");

    public void Dispose() => _data.Delete(recursive: true);

    /// <summary>What is answered may not depend on the database.</summary>
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Lets_in_what_was_reviewed(string store)
    {
        var now = new StringBuilder("# program, method, route: status of each request; what a browser of this site or a program sends is \"own\"\n");
        await using (var playground = await StartAsync("Playground", await servers.PairAsync(store, store)))
        {
            await AddAsync("Playground", playground, "");
        }

        await using (var provider = await StartAsync(CardProvider, ["--folder", Path.Combine(_data.FullName, "cards")]))
        {
            // The Playground has one as well.
            await AddAsync("CardProvider", provider, "/food-orders/accounting/card-provider");
        }

        var file = Path.Combine(Path.GetDirectoryName(SourceFile())!, "edge-matrix.txt");
        if (Environment.GetEnvironmentVariable("SKALD_EDGE") == "write" && store == "sqlite")
        {
            await File.WriteAllTextAsync(file, now.ToString());
        }

        var reviewed = (File.Exists(file) ? await File.ReadAllTextAsync(file) : "").Split('\n');
        var lines = now.ToString().Split('\n');
        var differs = lines.Except(reviewed).Concat(reviewed.Except(lines)).ToList();
        Assert.True(differs is [], $"These lines are in edge-matrix.txt, or are what is answered, and not both:\n{string.Join('\n', differs)}\nIf the change is meant: {Update}, and review the difference.");

        async Task AddAsync(string name, SampleProgram program, string prefix)
        {
            await foreach (var (line, answers) in new EdgeMatrix(program, prefix).LinesAsync())
            {
                now.Append(CultureInfo.InvariantCulture, $"{name} {line}: {string.Join(' ', answers.Select(a => $"{a.Name}={a.Status}"))}\n");
            }
        }
    }

    /// <summary>The Playground's services are programs as well. What they serve by themselves is what the matrix has, under shorter paths.</summary>
    [Fact]
    public async Task Is_the_same_for_services_that_run_alone()
    {
        await using var playground = await StartAsync("Playground", []);
        var all = playground.Routes.Select(route => route.ToString()).ToHashSet();
        var programs = Assembly.Load("Playground").GetReferencedAssemblies().Where(a => Assembly.Load(a).EntryPoint is not null).Select(a => a.Name!).ToList();
        Assert.Equal(17, programs.Count);
        foreach (var program in programs)
        {
            await using var alone = await StartAsync(program, []);
            Assert.NotEmpty(alone.Routes);
            // FoodOrders.OrderService: /food-orders, /food-orders/order; ParkingOrchestration.Booking: /parking-orchestration, /parking-orchestration/booking.
            var system = string.Concat(program.Split('.')[0].Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{c}" : $"{c}")).ToLowerInvariant();
            var service = program.Split('.')[1].Replace("Service", "", StringComparison.Ordinal).ToLowerInvariant();
            Assert.All(alone.Routes, route => Assert.True(
                ((string[])["", $"/{system}", $"/{system}/{service}"]).Any(prefix => all.Contains($"{route.Method} {prefix}{route.Pattern}")), $"{program} serves {route}, and the Playground does not"));
        }
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

    private Task<SampleProgram> StartAsync(string program, string[] args) =>
        SampleProgram.StartAsync(program, program == CardProvider ? args : ["--data", Path.Combine(_data.FullName, program), .. args]);

    private static string SourceFile([CallerFilePath] string path = "") => path;
}
