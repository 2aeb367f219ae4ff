using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>Several processes of one service on the same files.</summary>
public sealed class SharingTests : IAsyncDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-sharing-");
    private readonly List<ServingProcess> _processes = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task Killing_one_of_two_processes_of_a_service_loses_nothing_and_fails_no_order()
    {
        var order = await StartAsync("Order");
        await StartAsync("Consumer");
        await StartAsync("Accounting");
        var first = await StartAsync("Restaurant");
        await StartAsync("Restaurant");

        const int orders = 400;
        var posted = 0;
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var killed = half.Task.ContinueWith(_ => first.KillAsync(), TaskScheduler.Default).Unwrap();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            while (Interlocked.Increment(ref posted) is var n && n <= orders)
            {
                if (n == orders / 2)
                {
                    half.SetResult();
                }

                using var answer = await order.Http.PostAsync("/orders", new StringContent(FoodOrdersSystem.Order(), System.Text.Encoding.UTF8, "application/json"));
                Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);
            }
        }));
        await killed;
        await Eventually.TrueAsync("every saga has ended and every message is dealt with", new FoodOrdersAudit(new SqliteAuditSource(_data.FullName)).IsAtRestAsync);

        // A participant's death must not even cost a deadline: the other one takes over before five seconds are over.
        var report = await new FoodOrdersAudit(new SqliteAuditSource(_data.FullName)).CheckAsync(orders, _ => false);
        Assert.Empty(report.Problems);
        Assert.Equal(orders, report.Completed);
    }

    [Fact]
    public async Task An_order_posted_to_one_process_goes_on_when_that_process_is_killed_and_another_lives()
    {
        var first = await StartAsync("Order");
        var second = await StartAsync("Order");
        await StartAsync("Consumer");
        await StartAsync("Accounting");

        // No restaurant yet, so that the order waits at a known step.
        using var answer = await first.Http.PostAsync("/orders", new StringContent(FoodOrdersSystem.Order(), System.Text.Encoding.UTF8, "application/json"));
        var location = answer.Headers.Location!;
        await Eventually.TrueAsync("the order waits for the restaurant", async () => await StepAsync(second, location) == "create ticket");
        await first.KillAsync();
        await StartAsync("Restaurant");

        await Eventually.TrueAsync("the other process ends it", async () => await StatusAsync(second, location) == "approved");
    }

    private async Task<ServingProcess> StartAsync(string service)
    {
        var process = await ServingProcess.StartAsync($"FoodOrders.{service}Service", "--data", _data.FullName);
        _processes.Add(process);
        return process;
    }

    private static async Task<string?> StatusAsync(ServingProcess process, Uri order) => (await OrderAsync(process, order)).GetProperty("status").GetString();

    private static async Task<string?> StepAsync(ServingProcess process, Uri order) =>
        (await OrderAsync(process, order)).GetProperty("saga").GetProperty("step").GetString();

    private static async Task<JsonElement> OrderAsync(ServingProcess process, Uri order) =>
        JsonSerializer.Deserialize<JsonElement>(await process.Http.GetStringAsync(order));
}
