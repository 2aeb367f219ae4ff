using System.Net;
using System.Text.Json;

namespace Skald.EndToEnd;

public sealed class A_service_whose_projection_stands_still : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-health-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task Says_so_and_why_and_goes_on_taking_commands()
    {
        await using var bank = await ServingProcess.StartAsync("Skald.EventProcess", "serve", Path.Combine(_data.FullName, "rows.db"), "--data", _data.FullName);
        await TakeAsync(bank, 0);
        await Eventually.TrueAsync("it is ready", async () => await HealthAsync(bank) is ("ready", null));

        await TakeAsync(bank, -5);
        await Eventually.TrueAsync("it is degraded", async () => (await HealthAsync(bank)).Status == "degraded");
        Assert.Equal("projection 'till_list' stands still at event 2", (await HealthAsync(bank)).Problem);
        // What an exception says is for those who may read the log.
        await Eventually.TrueAsync("the log says why", () => Task.FromResult(bank.Output.Contains("TILL_TOOK, version 2 of till/a) cannot be projected", StringComparison.Ordinal)));
        await TakeAsync(bank, 10);
    }

    private static async Task TakeAsync(ServingProcess bank, int amount)
    {
        using var answer = await bank.Http.PostAsync(new Uri($"/a/{amount}", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static async Task<(string? Status, string? Problem)> HealthAsync(ServingProcess bank)
    {
        using var answer = await bank.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var health = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        var list = health.GetProperty("projections").GetProperty("tills.bank/till_list");
        Assert.True(list.GetProperty("lagSeconds").GetDouble() >= 0);
        return (health.GetProperty("status").GetString(), list.GetProperty("problem").GetString());
    }
}
