using ParkingChoreography.Contracts;

namespace Skald.EndToEnd;

/// <summary>What the original got wrong, with all three services running, on one pair of store and broker.</summary>
public abstract class ChoreographyRegressions(ChoreographySystem system) : IAsyncLifetime
{
    private protected ChoreographySystem System => system;

    public async ValueTask InitializeAsync() => await system.ServeAsync(ChoreographySystem.All);

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_payment_told_twice_leaves_the_booking_done_and_the_bill_paid()
    {
        var reference = await DoneAsync(await system.NewSlotAsync());

        await using var billing = await system.OpenAsync("Billing");
        await billing.Service.PublishAsync(new BillPaid(reference, 100), reference);

        await Eventually.TrueAsync("parking has heard it twice", async () => await system.CountAsync("Parking", reference, "received", "BILL_PAID_EVENT") == 2);
        Assert.Equal((1, 0), (await system.CountAsync("Parking", reference, "published", "RESERVED_BOOKING_EVENT"), await system.CountAsync("Parking", reference, "published", "PARKING_UNAVAILABLE_EVENT")));
        Assert.Equal(("done", "paid"), (await system.BookingStatusAsync(reference), await system.BillStatusAsync(reference)));
        Assert.Equal((100, 0), await system.MoneyAsync(reference));
    }

    [Fact]
    public async Task Of_two_paid_bookings_of_a_slot_one_is_done_and_the_other_failed_and_refunded()
    {
        var slot = await system.NewSlotAsync();
        string[] references = [await system.BookAsync(slot), await system.BookAsync(slot)];

        await Task.WhenAll(references.Select(r => system.PayAsync(r)));

        foreach (var reference in references)
        {
            await Eventually.TrueAsync("the booking has ended", async () => await system.BookingStatusAsync(reference) != "pending");
        }

        var owner = (await system.RunAsync("Parking", "parking_slot_owner", slot)).Field("reference_no");
        var loser = Assert.Single(references, r => r != owner);
        Assert.Equal(("done", "failed"), (await system.BookingStatusAsync(owner), await system.BookingStatusAsync(loser)));
        await system.BillBecomesAsync(loser, "refunded");
        Assert.Equal("paid", await system.BillStatusAsync(owner));
        Assert.Equal(((100, 0), (100, 100)), (await system.MoneyAsync(owner), await system.MoneyAsync(loser)));

        // The loser's payment, told again, must neither refund twice nor bring the booking back.
        await using var billing = await system.OpenAsync("Billing");
        await billing.Service.PublishAsync(new BillPaid(loser, 100), loser);
        await Eventually.TrueAsync("parking has heard it twice", async () => await system.CountAsync("Parking", loser, "received", "BILL_PAID_EVENT") == 2);
        Assert.Equal(1, await system.CountAsync("Parking", loser, "published", "PARKING_UNAVAILABLE_EVENT"));
        Assert.Equal((100, 100), await system.MoneyAsync(loser));
    }

    [Fact]
    public async Task A_late_reservation_does_not_revive_a_failed_booking()
    {
        var reference = await system.BookAsync(await system.NewSlotAsync("reserved"));
        await system.PayAsync(reference);
        await system.BookingBecomesAsync(reference, "failed");

        await using var parking = await system.OpenAsync("Parking");
        await parking.Service.PublishAsync(new BookingReserved(reference, reference.Split(':')[0]), reference);

        await Eventually.TrueAsync("booking has heard it", async () => await system.CountAsync("Booking", reference, "received", "RESERVED_BOOKING_EVENT") == 1);
        Assert.Equal("failed", await system.BookingStatusAsync(reference));
    }

    [Fact]
    public async Task A_booking_given_up_before_billing_hears_of_it_never_gets_a_bill()
    {
        const string Slot = "5c8f5e8e-2f0c-4c7b-9a43-1d6b6d5e7f11";
        const string Reference = Slot + ":5c8f5e8e-2f0c-4c7b-9a43-1d6b6d5e7f12";
        await using var booking = await system.OpenAsync("Booking");

        await booking.Service.PublishAsync(new PaymentOverdue(Reference), Reference);
        await Eventually.TrueAsync("billing has cancelled what it does not know", async () => await system.CountAsync("Billing", Reference, "published", "BILL_CANCELLED_EVENT") == 1);
        await booking.Service.PublishAsync(new BookingCreated(Reference, 1, Slot), Reference);
        await Eventually.TrueAsync("billing has heard of it", async () => await system.CountAsync("Billing", Reference, "received", "CREATE_BOOKING_EVENT") == 1);

        Assert.Equal(1, (await system.RunAsync("Billing", "billing_request_details_by_reference_no", Reference)).ExitCode);
    }

    [Fact]
    public async Task What_was_not_paid_is_not_refunded_whatever_parking_says()
    {
        var reference = await system.BookAsync(await system.NewSlotAsync());
        await system.PayAsync(reference, "60");

        await using var parking = await system.OpenAsync("Parking");
        await parking.Service.PublishAsync(new ParkingUnavailable(reference, "said too early"), reference);

        await Eventually.TrueAsync("billing has heard it", async () => await system.CountAsync("Billing", reference, "received", "PARKING_UNAVAILABLE_EVENT") == 1);
        Assert.Equal(("pending", (60m, 0m)), (await system.BillStatusAsync(reference), await system.MoneyAsync(reference)));
        Assert.Equal(0, await system.CountAsync("Billing", reference, "published", "BILL_REFUNDED_EVENT"));
    }

    [Fact]
    public async Task Of_simultaneous_full_payments_one_is_taken_and_told_once()
    {
        var reference = await system.BookAsync(await system.NewSlotAsync());

        var payments = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => system.PayAsync(reference)));

        Assert.Single(payments, p => p.ExitCode == 0);
        Assert.All(payments.Where(p => p.ExitCode != 0), p => Assert.Equal((1, "", "Billing request already paid.\n"), (p.ExitCode, p.Output, p.Error)));
        Assert.Equal("paid", await system.BillStatusAsync(reference));
        Assert.Equal((100, 0), await system.MoneyAsync(reference));
        Assert.Equal(1, await system.CountAsync("Billing", reference, "published", "BILL_PAID_EVENT"));
        await system.BookingBecomesAsync(reference, "done");
    }

    [Fact]
    public async Task Amounts_that_are_none_are_refused_in_one_line_and_instalments_add_up()
    {
        var reference = await system.BookAsync(await system.NewSlotAsync());
        (string Amount, string Line)[] refused =
        [
            ("-10", "An amount is more than 0, and -10 is not. Give a number such as 100 or 99.50."),
            ("0", "An amount is more than 0, and 0 is not. Give a number such as 100 or 99.50."),
            ("abc", "'abc' is not an amount. Give a number such as 100 or 99.50."),
            ("99.999", "An amount has at most two decimals, and 99.999 has 3. Give a number such as 100 or 99.50."),
            ("100.01", "Payment is over 0.01. Unable to process payment transaction: 100.00 is left to pay."),
            ("99999999999999999999999999999999", "'99999999999999999999999999999999' is not an amount. Give a number such as 100 or 99.50."),
        ];
        foreach (var (amount, line) in refused)
        {
            var result = await system.PayAsync(reference, amount);
            Assert.Equal((1, "", line + "\n"), (result.ExitCode, result.Output, result.Error));
        }

        Assert.Equal((0, 0), await system.MoneyAsync(reference));
        foreach (var amount in (string[])["33.33", "33.3", "33.37"])
        {
            Assert.Equal("pending", await system.BillStatusAsync(reference));
            Assert.Equal(0, (await system.PayAsync(reference, amount)).ExitCode);
        }

        Assert.Equal(("paid", (100m, 0m)), (await system.BillStatusAsync(reference), await system.MoneyAsync(reference)));
        await system.BookingBecomesAsync(reference, "done");
    }

    [Fact]
    public async Task An_unknown_slot_ends_failed_and_no_money_is_kept()
    {
        var reference = await system.BookAsync("5c8f5e8e-2f0c-4c7b-9a43-1d6b6d5e7f00");

        await system.PayAsync(reference);

        await system.BookingBecomesAsync(reference, "failed");
        await system.BillBecomesAsync(reference, "refunded");
        Assert.Equal((100, 100), await system.MoneyAsync(reference));
    }

    [Fact]
    public async Task While_the_broker_is_down_commands_succeed_and_their_events_go_out_exactly_once_when_it_is_back()
    {
        var (slot, other) = (await system.NewSlotAsync(), await system.NewSlotAsync());
        var reference = await system.BookAsync(slot);

        await BreakAsync();
        Assert.Equal(0, (await system.PayAsync(reference)).ExitCode);
        Assert.Equal(0, (await system.RunAsync("Booking", "create_booking", other)).ExitCode);
        Assert.Equal("pending", await system.BookingStatusAsync(slot));
        await HealAsync();

        await system.BookingBecomesAsync(slot, "done");
        await Eventually.TrueAsync("the bill is there", async () => (await system.RunAsync("Billing", "billing_request_details_by_reference_no", other)).ExitCode == 0);
        await system.PayAsync(other);
        await system.BookingBecomesAsync(other, "done");
        foreach (var uuid in (string[])[slot, other])
        {
            var flow = Assert.Single(await system.ListAsync("Booking", "flows"), f => f.GetProperty("id").GetString()!.StartsWith(uuid, StringComparison.Ordinal)).GetProperty("id").GetString()!;
            Assert.Equal(1, await system.CountAsync("Billing", flow, "received", "CREATE_BOOKING_EVENT"));
            Assert.Equal(1, await system.CountAsync("Parking", flow, "received", "BILL_PAID_EVENT"));
            Assert.Equal(1, await system.CountAsync("Booking", flow, "received", "RESERVED_BOOKING_EVENT"));
        }
    }

    private protected abstract Task BreakAsync();

    private protected abstract Task HealAsync();

    private async Task<string> DoneAsync(string slot)
    {
        var reference = await system.BookAsync(slot);
        await system.PayAsync(reference);
        await system.BookingBecomesAsync(reference, "done");
        return reference;
    }
}

/// <summary>On SQLite files. Their broker is down when nothing serves.</summary>
public sealed class ChoreographyRegressionsOnSqlite(ChoreographySystem system) : ChoreographyRegressions(system), IClassFixture<ChoreographySystem>
{
    private protected override Task BreakAsync() => System.KillAsync(ChoreographySystem.All);

    private protected override Task HealAsync() => System.ServeAsync(ChoreographySystem.All);
}

/// <summary>On PostgreSQL and RabbitMQ.</summary>
public sealed class ChoreographyRegressionsOnServers(ChoreographyOnServers system) : ChoreographyRegressions(system), IClassFixture<ChoreographyOnServers>
{
    private protected override Task BreakAsync() => system.Servers.Rabbit.StopAsync();

    private protected override Task HealAsync() => system.Servers.Rabbit.RestartAsync();
}

/// <summary>The system on a private PostgreSQL and a private RabbitMQ.</summary>
public sealed class ChoreographyOnServers : ChoreographySystem
{
    internal Servers Servers { get; } = new();

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync() => Place = ((await Servers.NewDatabaseAsync()).Address, await Servers.NewBrokerAsync());

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Servers.DisposeAsync();
    }
}
