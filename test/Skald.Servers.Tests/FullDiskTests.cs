using System.Collections.Concurrent;
using Skald.Storage;
using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>A full disk is an outage: nothing is lost, callers are told, and it is over when there is room.</summary>
public sealed class A_full_disk(RabbitFixture fixture)
{
    private const int Starters = 8;

    // SKALD_ROUNDS=20 for a campaign.
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("SKALD_ROUNDS"), out var given) ? given : 5;

    private static readonly TimeSpan OverWithin = TimeSpan.FromSeconds(10);

    public enum Broker
    {
        Sqlite,
        RabbitMq,
    }

    [Theory]
    [InlineData(Broker.Sqlite)]
    [InlineData(Broker.RabbitMq)]
    public async Task Again_and_again_under_load_loses_and_doubles_nothing(Broker broker)
    {
        using var disk = Disk(megabytes: 256);
        await using var shop = await StartAsync(disk, broker);
        using var ends = new CancellationTokenSource();
        var (sales, next) = (new ConcurrentDictionary<int, SagaId>(), 0);
        var starters = Enumerable.Range(0, Starters).Select(_ => Task.Run(SellAsync)).ToList();
        for (var round = 0; round < Rounds; round++)
        {
            disk.Fill();
            await Eventually.HoldsAsync(() => Task.FromResult(shop.Orders.Problem is not null), "the full disk is noticed");
            disk.Free();
            await WorksAsync(shop);
            var before = sales.Count;
            await Eventually.HoldsAsync(() => Task.FromResult(sales.Count > before + Starters), $"orders are taken again after round {round}: {shop.Orders.Problem}");
        }

        await ends.CancelAsync();
        await Task.WhenAll(starters);
        foreach (var (order, saga) in sales)
        {
            var expected = RabbitShop.IsRefused(order) ? SagaStatus.Compensated : SagaStatus.Completed;
            Assert.Equal(expected, (await shop.Orders.WaitAsync(saga).WaitAsync(Eventually.Patience)).Status);
        }

        await ShouldBalanceAsync(shop, sales.Keys);

        async Task SellAsync()
        {
            while (!ends.IsCancellationRequested)
            {
                var order = Interlocked.Increment(ref next);
                try
                {
                    sales[order] = (await shop.Orders.StartAsync<ShopSaga, ShopOrder>(new ShopOrder(order, RabbitShop.IsRefused(order) ? 80 : 20))).Id;
                }
                catch (StoreUnavailableException)
                {
                    // Its caller is told. A disk that is full is slow to be asked again.
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
                }
            }
        }
    }

    [Theory]
    [InlineData(Broker.Sqlite)]
    [InlineData(Broker.RabbitMq)]
    public async Task Is_noticed_by_services_that_have_nothing_to_do_and_is_over_by_itself(Broker broker)
    {
        using var disk = Disk(megabytes: 8);
        await using var shop = await StartAsync(disk, broker);
        Assert.Equal(SagaStatus.Completed, (await shop.RunAsync(1)).Status);
        disk.Fill();
        await Eventually.HoldsAsync(() => Task.FromResult(shop.Services.All(s => s.Problem is not null)), "every service says that the disk is full");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => shop.RunAsync(2));
        disk.Free();
        await WorksAsync(shop);
        Assert.Equal(SagaStatus.Completed, (await shop.RunAsync(3)).Status);
        await ShouldBalanceAsync(shop, [1, 3]);
    }

    /// <summary>Mounting is a right that not every machine gives.</summary>
    private static SmallDisk Disk(int megabytes)
    {
        Assert.SkipWhen(SmallDisk.Requirement is not null, SmallDisk.Requirement ?? "");
        return SmallDisk.Make(megabytes);
    }

    private async Task<RabbitShop> StartAsync(SmallDisk disk, Broker broker)
    {
        var folder = Directory.CreateDirectory(Path.Combine(disk.Folder, "shop")).FullName;
        if (broker == Broker.Sqlite)
        {
            return await RabbitShop.StartAsync(s => s.UseSqliteBroker(Path.Combine(folder, "broker.db")), folder);
        }

        var uri = (await fixture.ServerAsync()).NewUri();
        return await RabbitShop.StartAsync(s => s.UseRabbitMq(uri), folder);
    }

    private static async Task WorksAsync(RabbitShop shop)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await Eventually.HoldsAsync(() => Task.FromResult(shop.Services.All(s => s.Problem is null)), "the outage is over");
        Assert.True(watch.Elapsed < OverWithin, $"It was over after {watch.Elapsed}.");
    }

    private static async Task ShouldBalanceAsync(RabbitShop shop, IEnumerable<int> orders)
    {
        // Whose caller was told of an outage may have been sold all the same.
        var (reserved, charged, released) = (await shop.EffectsAsync("stock", "reserved"), await shop.EffectsAsync("cash", "charged"), await shop.EffectsAsync("stock", "released"));
        foreach (var effects in (List<int>[])[reserved, charged, released])
        {
            Assert.Equal(effects.Distinct(), effects);
        }

        Assert.Empty(orders.Except(reserved));
        Assert.Equal(reserved.Where(order => !RabbitShop.IsRefused(order)), charged);
        Assert.Equal(reserved.Where(RabbitShop.IsRefused), released);
    }
}
