using System.Diagnostics;
using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>Topics and subscriptions for people at terminals.</summary>
[Collection("Storefront")]
public sealed class StorefrontPulls(Servers servers)
{
    [Theory]
    [InlineData("sqlite", "sqlite")]
    [InlineData("postgres", "amqp")]
    public async Task Each_message_goes_to_one_of_two_terminals_and_comes_again_unless_it_is_acknowledged(string store, string broker)
    {
        await using var shop = await StorefrontSystem.OnAsync(servers, store, broker);
        await CreateAsync(shop);
        await PublishAsync(shop, 1, 2);

        // The first keeps its message for longer than this test runs; the second gets the other one.
        using var first = Processes.Start("Storefront.Frontend", ["subscriptions", "pull", "news-sub", "--lease", "60", .. shop.Settings]);
        var held = Number(await first.StandardOutput.ReadLineAsync());
        var second = await PullAsync(shop, "--auto-ack", "--limit", "5");
        Assert.Equal([1, 2], ((int[])[held, .. second]).Order());

        Assert.Contains("60 s", await first.StandardError.ReadLineAsync(), StringComparison.Ordinal);
        using (Process.Start("kill", ["-INT", $"{first.Id}"]))
        {
            await first.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(15));
        }

        Assert.Equal(0, first.ExitCode);
        Assert.Equal([held], await PullAsync(shop, "--lease", "0.2"));
        Assert.Equal([held], await PullAsync(shop, "--auto-ack"));
        var nothing = await shop.RunAsync("Frontend", "subscriptions", "pull", "news-sub", "--wait", "0.3");
        Assert.Equal((0, "", "Nothing came to subscription 'news-sub' within 0.3 s.\n"), (nothing.ExitCode, nothing.Output, nothing.Error));
    }

    [Fact]
    public async Task What_is_not_there_or_makes_no_sense_is_told_in_one_line()
    {
        await using var shop = new StorefrontSystem();
        (string[] Command, int ExitCode, string Says)[] commands =
        [
            (["subscriptions", "pull", "nope"], 1, "'subscriptions list'"),
            (["subscriptions", "create", "s", "--topic", "nope"], 1, "'topics create nope'"),
            (["topics", "publish", "nope", "{}"], 1, "'topics list'"),
            (["topics", "create", "a.b"], 1, "letters, digits"),
            (["subscriptions", "pull", "nope", "--limit", "0"], 2, "--limit takes 1 to 1000"),
            (["subscriptions", "pull"], 2, "NAME"),
        ];
        foreach (var (command, exitCode, says) in commands)
        {
            var result = await shop.RunAsync("Frontend", command);
            Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
            Assert.Contains(says, result.Error, StringComparison.Ordinal);
            Assert.True(exitCode == 2 || result.Error.TrimEnd().Split('\n').Length == 1, result.Error);
        }
    }

    [Fact]
    public async Task Topics_and_subscriptions_are_listed_within_their_system()
    {
        await using var shop = new StorefrontSystem();
        await CreateAsync(shop);
        await CreateAsync(shop); // Repeating it is harmless.

        Assert.Equal("{\"name\": \"news\", \"subscriptions\": [\"news-sub\"]}\n", (await shop.RunAsync("Orders", "topics", "list")).Output);
        Assert.Equal("{\"name\": \"news-sub\", \"topic\": \"news\"}\n", (await shop.RunAsync("Payments", "subscriptions", "list")).Output);
        await shop.RunAsync("Frontend", "topics", "create", "other");
        Assert.Contains("for topic 'news'", (await shop.RunAsync("Frontend", "subscriptions", "create", "news-sub", "--topic", "other")).Error, StringComparison.Ordinal);
    }

    private static async Task CreateAsync(StorefrontSystem shop)
    {
        Assert.Equal(0, (await shop.RunAsync("Frontend", "topics", "create", "news")).ExitCode);
        Assert.Equal(0, (await shop.RunAsync("Frontend", "subscriptions", "create", "news-sub", "--topic", "news")).ExitCode);
    }

    private static async Task PublishAsync(StorefrontSystem shop, params int[] numbers)
    {
        foreach (var number in numbers)
        {
            Assert.Equal(0, (await shop.RunAsync("Frontend", "topics", "publish", "news", $"{{\"number\":{number}}}")).ExitCode);
        }
    }

    private static async Task<IEnumerable<int>> PullAsync(StorefrontSystem shop, params string[] options) =>
        (await shop.RunAsync("Frontend", ["subscriptions", "pull", "news-sub", .. options])).Output.TrimEnd().Split('\n').Select(Number);

    private static int Number(string? line) => JsonSerializer.Deserialize<JsonElement>(line ?? "null").GetProperty("number").GetInt32();
}
