using System.Diagnostics;
using System.Net;
using System.Text;

namespace Skald.EndToEnd;

/// <summary>A process that stands still for longer than a lease, in the middle of its work, and goes on.</summary>
[Collection("Timed")]
public sealed class FreezeTests(Servers servers, ITestOutputHelper output) : IClassFixture<Servers>, IDisposable
{
    private const int Before = 120;
    private const int Meanwhile = 300;

    // Half as long again as the lease, after which the server ends its transaction.
    private static readonly TimeSpan StandsStill = TimeSpan.FromSeconds(15);

    // The lease, and what the orders need that waited for a row it had.
    private static readonly TimeSpan SurvivorsMayTake = TimeSpan.FromSeconds(25);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-freeze-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task Of_four_processes_on_PostgreSQL_three_go_on_while_one_stands_still_and_nothing_is_wrong_when_it_goes_on()
    {
        var (address, database) = await servers.NewDatabaseAsync();
        var audit = new FoodOrdersAudit(new ServerAuditSource(_data.FullName, database, null));
        var processes = new List<ServingProcess>();
        try
        {
            for (var i = 0; i < 4; i++)
            {
                processes.Add(await ServingProcess.StartAsync("Playground", "--data", _data.FullName, "--store", address, "--broker", address));
            }

            // It is frozen with orders of its own under way, and with transactions open for those of others.
            var still = processes[0];
            var first = Task.WhenAll(Enumerable.Range(0, Before).Select(n => PostAsync(processes[n % 4], n)));
            await Eventually.TrueAsync("there is work under way", async () => await audit.EndedAsync() > 10);
            still.Freeze();
            var watch = Stopwatch.StartNew();
            var second = Task.WhenAll(Enumerable.Range(Before, Meanwhile).Select(n => PostAsync(processes[1 + (n % 3)], n)));
            await second;
            await Eventually.TrueAsync("what was asked of the others meanwhile has ended", async () => await audit.EndedAsync() >= Meanwhile);
            output.WriteLine($"the survivors had ended {Meanwhile} orders {watch.Elapsed.TotalSeconds:0.0} s after it stood still");
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, SurvivorsMayTake);

            if (watch.Elapsed < StandsStill)
            {
                await Task.Delay(StandsStill - watch.Elapsed, TimeProvider.System);
            }

            still.Thaw();
            await first;
            await Eventually.TrueAsync("every saga has ended and every message is dealt with", audit.IsAtRestAsync);
            Assert.All(await Task.WhenAll(processes.Select(process => process.StopAsync())), exitCode => Assert.Equal(0, exitCode));
        }
        finally
        {
            foreach (var process in processes)
            {
                await process.DisposeAsync();
            }
        }

        // A command that the frozen process had in hand, and that another has dealt with meanwhile, is in no table while it calls the card provider once more.
        // If the provider stops first, the copy is put off; whoever comes next answers it from the ledger.
        await using (var next = await ServingProcess.StartAsync("Playground", "--data", _data.FullName, "--store", address, "--broker", address))
        {
            await Eventually.TrueAsync("what was put off is dealt with", audit.IsAtRestAsync);
            Assert.Equal(0, await next.StopAsync());
        }

        var report = await audit.CheckAsync(Before + Meanwhile, _ => false);
        output.WriteLine(report.ToString());
        Assert.Empty(report.Problems);
    }

    private static async Task PostAsync(ServingProcess process, int order)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/food-orders/orders") { Content = new StringContent(FoodOrdersSystem.Order(), Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", $"order-{order}");
        using var answer = await process.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }
}
