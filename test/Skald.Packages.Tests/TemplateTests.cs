using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Skald.TestServers;

namespace Skald.Packages.Tests;

public sealed class A_new_saga(Feed feed)
{
    [Fact]
    public async Task Builds_without_a_warning_passes_its_tests_and_runs_to_its_end_over_HTTP()
    {
        var folder = await NewProject.MakeAsync(feed, "skald-saga", "Shop.Orders");
        await NewProject.BuildAndTestAsync(folder, passed: 4);

        await using var orders = await ServingProject.StartAsync(Path.Combine(folder, "Shop.Orders"), "Shop.Orders");
        var placed = await PlaceAsync(orders, price: 9.80m);
        Assert.Equal("completed", (await orders.AskUntilAsync(placed, HasEnded)).GetProperty("status").GetString());

        var declined = await orders.AskUntilAsync(await PlaceAsync(orders, price: 2000), HasEnded);
        Assert.Equal("compensated", declined.GetProperty("status").GetString());
        Assert.Equal("The card of ada is declined.", declined.GetProperty("failure").GetString());

        using var incomplete = await orders.Http.PostAsJsonAsync("/orders", new { product = "tea" });
        Assert.Equal(HttpStatusCode.BadRequest, incomplete.StatusCode);
        await orders.StopAsync();
    }

    private static async Task<string> PlaceAsync(ServingProject orders, decimal price)
    {
        using var answer = await orders.Http.PostAsJsonAsync("/orders", new { product = "tea", quantity = 2, price, customer = "ada" });
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return answer.Headers.Location!.OriginalString; // An order that is accepted has a place.
    }

    private static bool HasEnded(string status) => status is "completed" or "compensated" or "parked";
}

public sealed class A_new_service_on_SQLite(Feed feed)
{
    [Fact]
    public async Task Builds_without_a_warning_passes_its_tests_and_serves()
    {
        var folder = await NewProject.MakeAsync(feed, "skald-service", "Shop.StockRoom", "--store", "sqlite");
        await NewProject.BuildAndTestAsync(folder, passed: 3);

        await using var stock = await ServingProject.StartAsync(Path.Combine(folder, "Shop.StockRoom"), "Shop.StockRoom");
        Assert.Equal(100, (await stock.Http.GetFromJsonAsync<JsonElement>("/stock/tea")).GetProperty("quantity").GetInt32());
        Assert.Equal("shop.stock-room", (await stock.Http.GetFromJsonAsync<JsonElement>("/asyncapi.json")).GetProperty("info").GetProperty("x-service").GetString());
        using var health = await stock.Http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        await stock.StopAsync();
    }
}

public sealed class A_new_service_on_PostgreSQL(Feed feed)
{
    [Fact]
    public async Task Builds_without_a_warning_passes_its_tests_and_serves()
    {
        var folder = await NewProject.MakeAsync(feed, "skald-service", "Stock", "--store", "postgresql");
        await NewProject.BuildAndTestAsync(folder, passed: 3);

        Assert.False(PostgresServer.Requirement is not null && Requirements.MustRun, PostgresServer.Requirement);
        Assert.SkipWhen(PostgresServer.Requirement is not null, PostgresServer.Requirement ?? "");
        await using var server = await PostgresServer.StartAsync();
        var database = await server.NewDatabaseAsync();
        await using var stock = await ServingProject.StartAsync(Path.Combine(folder, "Stock"), "Stock", $"--ConnectionStrings:Skald={database}");
        Assert.Equal(100, (await stock.Http.GetFromJsonAsync<JsonElement>("/stock/tea")).GetProperty("quantity").GetInt32());
        using var health = await stock.Http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        await stock.StopAsync();
    }
}

public sealed class A_project_with_every_package(Feed feed)
{
    // NETSDK1206 was said of every project on SQLite once, for a native library that only we had chosen.
    [Fact]
    public async Task Builds_without_a_warning()
    {
        var folder = feed.NewFolder("everything");
        var packages = Feed.Projects.Select(project => Path.GetFileNameWithoutExtension(project)).Where(id => id is not ("Skald.Cli" or "Skald.Templates"));
        await File.WriteAllTextAsync(Path.Combine(folder, "Everything.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk.Web">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup>{string.Concat(packages.Select(id => $"""<PackageReference Include="{id}" Version="{feed.Version}" />"""))}</ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), "System.Console.WriteLine(typeof(Skald.SkaldService));");

        await Dotnet.RunAsync(folder, "build", "-warnaserror");
    }
}
