using System.Diagnostics;
using Dapper;

namespace Skald.EndToEnd;

/// <summary>Thousands of bookings, a tenth of them losing the race for their slot, while the services are killed in turn.</summary>
public sealed class ChoreographyCrash(ITestOutputHelper output, Servers servers) : IClassFixture<Servers>, IAsyncLifetime
{
    private const int Customers = 48;

    private readonly ChoreographySystem _system = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public Task Ten_thousand_bookings_survive_nine_kills_on_SQLite() =>
        SurviveAsync(bookings: 10_000, kills: 9, new SqliteAuditSource(_system.Data, "parking-choreography"));

    [Fact]
    public async Task Two_thousand_bookings_survive_six_kills_on_PostgreSQL_and_RabbitMQ()
    {
        var (address, database) = await servers.NewDatabaseAsync();
        _system.Place = (address, await servers.NewBrokerAsync());

        await SurviveAsync(bookings: 2_000, kills: 6, new ServerAuditSource(_system.Data, database, servers.Rabbit, "parking-choreography"));
    }

    private async Task SurviveAsync(int bookings, int kills, AuditSource source)
    {
        await _system.ServeAsync(ChoreographySystem.All);
        await using var booking = await _system.OpenAsync("Booking");
        await using var billing = await _system.OpenAsync("Billing");
        var watch = Stopwatch.StartNew();
        var slots = await AddSlotsAsync(bookings * 9 / 10);
        output.WriteLine($"{slots.Count} slots after {watch.Elapsed.TotalSeconds:0.0} s");

        var (paid, share) = (0, bookings / kills);
        using var admitted = new SemaphoreSlim(0);
        var halves = Task.WhenAll(
            ForEachAsync(Enumerable.Range(0, bookings), async n =>
            {
                await admitted.WaitAsync();
                await booking.RunAsync("create_booking", ("parking_slot_uuid", slots[n % slots.Count]));
            }),
            PayAllAsync(billing, bookings, () => Interlocked.Increment(ref paid)));
        for (var kill = 0; kill < kills; kill++)
        {
            // Killed when half of those who were let in have paid: the others are under way then.
            admitted.Release(share);
            await Eventually.TrueAsync("customers pay", () => Task.FromResult(Volatile.Read(ref paid) >= (share * kill) + (share / 2)));
            var victim = ChoreographySystem.All[kill % 3];
            await _system.KillAsync(victim);
            await _system.ServeAsync(victim);
        }

        admitted.Release(bookings - (share * kills));
        await halves;
        output.WriteLine($"all paid after {watch.Elapsed.TotalSeconds:0.0} s");
        var audit = new ChoreographyAudit(source);
        await Eventually.TrueAsync("every flow has ended and every message is dealt with", audit.IsAtRestAsync);
        output.WriteLine($"at rest after {watch.Elapsed.TotalSeconds:0.0} s");

        var report = await audit.CheckAsync(bookings, await booking.Service.FlowsAsync(limit: bookings * 2));
        output.WriteLine(report.ToString());
        Assert.Empty(report.Problems);
        Assert.Equal((slots.Count, bookings - slots.Count), (report.Done, report.Failed));
        Assert.Equal((100m * bookings, 100m * slots.Count), (report.In, report.Kept));
        Assert.Equal(report.In, report.Kept + report.Back);
    }

    private async Task<IReadOnlyList<string>> AddSlotsAsync(int count)
    {
        await using var parking = await _system.OpenAsync("Parking");
        await ForEachAsync(Enumerable.Range(0, count), n => parking.RunAsync("create_parking", ("name", $"Slot {n}"), ("status", "available")));
        await using var connection = await parking.Service.OpenAsync();
        return (await connection.QueryAsync<string>("SELECT uuid FROM parking_slot")).AsList();
    }

    /// <summary>Pays every bill that comes up, in two instalments for each tenth.</summary>
    private static async Task PayAllAsync(OpenedService billing, int bookings, Action paidOne)
    {
        var last = 0L;
        var paid = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (paid < bookings)
        {
            List<(long Id, string Reference)> bills;
            await using (var connection = await billing.Service.OpenAsync())
            {
                bills = (await connection.QueryAsync<(long, string)>("SELECT id, reference_no FROM billing_request WHERE id > @last AND status = 'pending' ORDER BY id LIMIT 200", new { last })).AsList();
            }

            await ForEachAsync(bills, async bill =>
            {
                foreach (var amount in (string[])(bill.Id % 10 == 0 ? ["33.35", "66.65"] : ["100"]))
                {
                    await billing.RunAsync("pay_bill", ("ref_no", bill.Reference), ("amount", amount));
                }

                paidOne();
            });
            paid += bills.Count;
            last = bills.Count > 0 ? bills[^1].Id : last;
            if (bills.Count == 0)
            {
                await timer.WaitForNextTickAsync();
            }
        }
    }

    private static Task ForEachAsync<T>(IEnumerable<T> items, Func<T, Task> act) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = Customers }, async (item, _) => await act(item));
}
