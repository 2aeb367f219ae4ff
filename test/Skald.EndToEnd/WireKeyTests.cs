using System.Text.RegularExpressions;
using Skald.Messaging;

namespace Skald.EndToEnd;

/// <summary>A key in the environment is all it takes; one that cannot be read is a reason not to start.</summary>
public sealed class WireKeyTests(Servers servers) : IClassFixture<Servers>, IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-key-");

    public void Dispose() => _data.Delete(recursive: true);

    [Theory]
    [InlineData("sqlite", "sqlite")]
    [InlineData("postgres", "amqp")]
    public async Task All_systems_work_with_a_key_and_whoever_has_none_is_not_believed(string store, string broker)
    {
        string[] settings = ["--data", _data.FullName, .. await servers.PairAsync(store, broker)];
        await using var playground = await ServingProcess.StartAsync("Playground", settings, WithKey(Convert.ToBase64String(new byte[32])));
        using var order = await playground.Http.GetAsync("food-orders/run-success-saga");
        Assert.True(order.IsSuccessStatusCode);
        await Eventually.TrueAsync("approved", async () => (await playground.Http.GetStringAsync("food-orders/orders/1")).Contains("\"status\":\"approved\"", StringComparison.Ordinal));

        // A verb publishes as a service does, with the key that it is given.
        const string slot = "RESERVED_BOOKING_EVENT";
        var known = await Processes.RunAsync("ParkingChoreography.Parking", ["topics", "publish", slot, "{}", "--data", _data.FullName, .. settings[2..]], WithKey(Convert.ToBase64String(new byte[32])));
        Assert.Equal(0, known.ExitCode);
        await Processes.RunAsync("ParkingChoreography.Parking", ["topics", "publish", slot, "{}", "--data", _data.FullName, .. settings[2..]]);
        await Eventually.TrueAsync("it is not believed", () => Task.FromResult(playground.Output.Contains("not believed: it carries no MAC", StringComparison.Ordinal)));
        // It came through the same queues, before the other one.
        var id = Regex.Match(known.Output, "[0-9a-f-]{36}").Value;
        Assert.NotEqual("", id);
        Assert.DoesNotContain(playground.Output.Split('\n'), line => line.Contains(id, StringComparison.Ordinal) && line.Contains("not believed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("c2VjcmV0LXNlY3JldA==")]
    public async Task One_that_cannot_be_read_is_refused_without_being_shown(string key)
    {
        var result = await Processes.RunAsync("Playground", ["--data", _data.FullName, "--urls", "http://127.0.0.1:0"], WithKey(key));
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("SKALD191", result.Error, StringComparison.Ordinal);
        Assert.True(key.Length == 0 || !result.Error.Contains(key, StringComparison.Ordinal));
    }

    private static Dictionary<string, string> WithKey(string key) => new() { [WireKeys.Variable] = key };
}
