using System.Net.Http.Json;
using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>What happens when a service is down, or dies, or nobody pays.</summary>
[Collection("Timed")]
public sealed class ChoreographyOutages : IAsyncLifetime
{
    private readonly ChoreographySystem _system = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Theory]
    [InlineData("Booking")]
    [InlineData("Billing")]
    public async Task Both_who_must_hear_that_parking_is_unavailable_hear_it_even_if_one_was_down(string down)
    {
        await _system.ServeAsync(ChoreographySystem.All);
        var reference = await _system.BookAsync(await _system.NewSlotAsync("reserved"));
        await _system.KillAsync("Parking");
        await _system.PayAsync(reference);
        // Billing has to say that it is paid before it goes down; the message then waits for parking.
        await Eventually.TrueAsync("the payment is told", async () => await _system.CountAsync("Booking", reference, "received", "BILL_PAID_EVENT") == 1);

        await _system.KillAsync(down);
        await _system.ServeAsync("Parking");
        await Eventually.TrueAsync("parking has answered", async () => await _system.CountAsync("Parking", reference, "published", "PARKING_UNAVAILABLE_EVENT") == 1);
        await (down == "Booking" ? _system.BillBecomesAsync(reference, "refunded") : _system.BookingBecomesAsync(reference, "failed"));
        Assert.Equal(("pending", "paid"), down == "Booking" ? (await _system.BookingStatusAsync(reference), "paid") : ("pending", await _system.BillStatusAsync(reference)));

        await _system.ServeAsync(down);
        await _system.BookingBecomesAsync(reference, "failed");
        await _system.BillBecomesAsync(reference, "refunded");
        Assert.Equal((100, 100), await _system.MoneyAsync(reference));
        await FlowBecomesAsync(reference, "undone");
    }

    [Fact]
    public async Task Whatever_is_asked_while_nothing_runs_is_done_once_the_services_do()
    {
        var slot = await _system.NewSlotAsync();
        await _system.RunAsync("Booking", "create_booking", slot);

        await _system.ServeAsync("Parking");
        await _system.ServeAsync("Billing");
        Assert.Equal("", (await _system.RunAsync("Billing", "billing_request_list")).Output);
        await _system.ServeAsync("Booking");

        await Eventually.TrueAsync("the bill is there", async () => (await _system.PayAsync(slot)).ExitCode == 0);
        await _system.BookingBecomesAsync(slot, "done");
    }

    [Fact]
    public async Task A_flow_is_shown_stuck_where_it_is_within_two_seconds_and_goes_on_when_the_service_is_back()
    {
        _system.Environment["PARKING_ANSWER_SECONDS"] = "1.5";
        await _system.ServeAsync("Booking", "Billing");
        var reference = await _system.BookAsync(await _system.NewSlotAsync());
        await _system.PayAsync(reference);

        var stuck = await StuckAsync();

        Assert.Equal(reference, stuck.GetProperty("id").GetString());
        Assert.Equal("RESERVED_BOOKING_EVENT of parking or PARKING_UNAVAILABLE_EVENT of parking", stuck.GetProperty("waitsFor").GetString());
        Assert.InRange(TimeProvider.System.GetUtcNow() - stuck.GetProperty("due").GetDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal(reference, Assert.Single(await _system.ListAsync("Booking", "flows")).GetProperty("id").GetString());
        await _system.ServeAsync("Parking");
        await FlowBecomesAsync(reference, "completed");
        await _system.BookingBecomesAsync(reference, "done");
    }

    [Fact]
    public async Task With_payments_stopped_a_flow_is_stuck_at_billing_and_ends_when_billing_is_back()
    {
        (_system.Environment["PARKING_PAYMENT_SECONDS"], _system.Environment["PARKING_ANSWER_SECONDS"]) = ("0.5", "0.5");
        await _system.ServeAsync("Booking", "Parking");
        await _system.RunAsync("Booking", "create_booking", await _system.NewSlotAsync());

        var stuck = await StuckAsync();

        Assert.Equal("BILL_CANCELLED_EVENT of billing or BILL_PAID_EVENT of billing", stuck.GetProperty("waitsFor").GetString());
        var reference = stuck.GetProperty("id").GetString()!;
        await _system.ServeAsync("Billing");
        await FlowBecomesAsync(reference, "undone");
        Assert.Equal(("failed", "cancelled"), (await _system.BookingStatusAsync(reference), await _system.BillStatusAsync(reference)));
    }

    [Fact]
    public async Task A_booking_that_nobody_pays_in_time_fails_and_its_instalments_are_returned()
    {
        _system.Environment["PARKING_PAYMENT_SECONDS"] = "4";
        await _system.ServeAsync(ChoreographySystem.All);
        var reference = await _system.BookAsync(await _system.NewSlotAsync());
        Assert.Equal(0, (await _system.PayAsync(reference, "40")).ExitCode);

        await _system.BillBecomesAsync(reference, "cancelled");

        await _system.BookingBecomesAsync(reference, "failed");
        Assert.Equal((40, 40), await _system.MoneyAsync(reference));
        var late = await _system.PayAsync(reference, "60");
        Assert.Equal((1, "Billing request is cancelled: it takes no more payments.\n"), (late.ExitCode, late.Error));
    }

    [Fact]
    public async Task A_service_killed_while_a_booking_is_under_way_goes_on_after_a_restart()
    {
        await _system.ServeAsync(ChoreographySystem.All);
        foreach (var victim in ChoreographySystem.All)
        {
            var reference = await _system.BookAsync(await _system.NewSlotAsync());
            var paid = _system.PayAsync(reference);
            await _system.KillAsync(victim);
            Assert.Equal(0, (await paid).ExitCode);
            await _system.ServeAsync(victim);
            await _system.BookingBecomesAsync(reference, "done");
        }
    }

    /// <summary>The first flow that shows as stuck.</summary>
    private async Task<JsonElement> StuckAsync()
    {
        JsonElement[]? stuck = [];
        await Eventually.TrueAsync("a flow is stuck", async () =>
            (stuck = await _system["Booking"].Http.GetFromJsonAsync<JsonElement[]>("/flows?status=stuck")) is { Length: > 0 });
        return Assert.Single(stuck!);
    }

    private Task FlowBecomesAsync(string reference, string status) => Eventually.TrueAsync($"the flow is {status}", async () =>
        (await _system["Booking"].Http.GetFromJsonAsync<JsonElement>($"/flows/{reference}")).GetProperty("status").GetString() == status);
}
