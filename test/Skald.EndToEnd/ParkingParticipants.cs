using Microsoft.Extensions.DependencyInjection;
using ParkingOrchestration.Billing;
using ParkingOrchestration.Contracts;
using ParkingOrchestration.Parking;

namespace Skald.EndToEnd;

/// <summary>What Parking and Billing answer, whoever asks and however often.</summary>
public sealed class ParkingParticipants : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skald-participants-").FullName;
    private readonly ParkingHandlers _parking = new();
    private readonly BillingHandlers _billing = new();
    private ServiceProvider? _provider;
    private string _slot = "";

    public async ValueTask InitializeAsync()
    {
        var services = new ServiceCollection();
        foreach (var module in (ServiceModule[])[new ParkingModule(), new BillingModule()])
        {
            services.AddSkald(module.FullName, skald =>
            {
                module.Configure(skald);
                skald.UseSqlite(Path.Combine(_folder, module.Name + ".db"));
            });
        }

        _provider = services.BuildServiceProvider();
        await Parking.OpenWithoutServingAsync();
        await Billing.OpenWithoutServingAsync();
        _slot = (await RunAsync(new ParkingModule(), Parking, "create_parking_slot", ("name", "A slot"), ("status", "available"))).Uuid;
    }

    public async ValueTask DisposeAsync()
    {
        await _provider!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_slot_is_blocked_for_one_booking_only_and_for_that_one_as_often_as_it_asks()
    {
        Assert.NotNull((await BlockAsync("mine")).Value);
        Assert.NotNull((await BlockAsync("mine")).Value);
        Assert.Equal("ParkingUnavailable", (await BlockAsync("other")).Refusal?.Type);
    }

    [Fact]
    public async Task A_strangers_unblock_leaves_the_slot_alone()
    {
        await BlockAsync("mine");

        Assert.NotNull((await UnblockAsync("other")).Value);

        Assert.NotNull((await BlockAsync("other")).Refusal);
        Assert.NotNull((await ReserveAsync("mine")).Value);
    }

    [Fact]
    public async Task Only_the_owner_reserves_and_as_often_as_it_asks()
    {
        Assert.NotNull((await ReserveAsync("nobody")).Refusal);
        await BlockAsync("mine");

        Assert.NotNull((await ReserveAsync("other")).Refusal);
        Assert.NotNull((await ReserveAsync("mine")).Value);
        Assert.NotNull((await ReserveAsync("mine")).Value);
    }

    [Fact]
    public async Task The_owners_unblock_frees_a_reserved_slot_too()
    {
        await BlockAsync("mine");
        await ReserveAsync("mine");

        await UnblockAsync("mine");

        Assert.NotNull((await BlockAsync("other")).Value);
    }

    [Fact]
    public async Task A_repeated_payment_is_one_bill_and_a_repeated_refund_is_one_refund()
    {
        Assert.NotNull((await PayAsync("mine")).Value);
        Assert.NotNull((await PayAsync("mine")).Value);
        await RefundAsync("mine");
        await RefundAsync("mine");

        Assert.Equal([("payment", 100.00m), ("refund", -100.00m)], await EntriesAsync());
    }

    [Fact]
    public async Task A_refund_where_nothing_was_paid_returns_no_money()
    {
        await RunAsync(new BillingModule(), Billing, "fail_next", ("count", 1));
        Assert.NotNull((await PayAsync("failed")).Refusal);

        Assert.NotNull((await RefundAsync("failed")).Value);
        Assert.NotNull((await RefundAsync("unknown")).Value);

        Assert.Empty(await EntriesAsync());
    }

    private SkaldService Parking => _provider!.GetRequiredKeyedService<SkaldService>("parking-orchestration.parking");

    private SkaldService Billing => _provider!.GetRequiredKeyedService<SkaldService>("parking-orchestration.billing");

    private Task<Reply<ParkingAvailable>> BlockAsync(string booking) =>
        Parking.ExecuteAsync(context => ValueTask.FromResult(_parking.Handle(new BlockSlot(_slot, booking), context)));

    private Task<Reply<ParkingReserved>> ReserveAsync(string booking) =>
        Parking.ExecuteAsync(context => ValueTask.FromResult(_parking.Handle(new ReserveSlot(_slot, booking), context)));

    private Task<Reply<ParkingUnblocked>> UnblockAsync(string booking) =>
        Parking.ExecuteAsync(context => ValueTask.FromResult(_parking.Handle(new UnblockSlot(_slot, booking), context)));

    private Task<Reply<BillPaid>> PayAsync(string booking) =>
        Billing.ExecuteAsync(context => ValueTask.FromResult(_billing.Handle(new PayBill(booking, 100.00m), context)));

    private Task<Reply<BillRefunded>> RefundAsync(string booking) =>
        Billing.ExecuteAsync(context => ValueTask.FromResult(_billing.Handle(new RefundBill(booking), context)));

    private async Task<IEnumerable<(string Kind, decimal Amount)>> EntriesAsync() =>
        ((IEnumerable<BillEntry>)await RunAsync(new BillingModule(), Billing, "billing_entry_list")).Select(e => (e.Kind, e.Amount));

    private static async Task<dynamic> RunAsync(ServiceModule module, SkaldService service, string verb, params (string Name, object Value)[] values)
    {
        var context = new VerbContext(values.ToDictionary(v => v.Name, v => (object?)v.Value), service, TimeSpan.Zero, TimeProvider.System, CancellationToken.None);
        return (await module.Verbs.Single(v => v.Name == verb).Handler(context))!;
    }
}
