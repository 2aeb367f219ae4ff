namespace Skald.EndToEnd;

/// <summary>What happens when a service is down, or dies.</summary>
public sealed class ParkingOutages : IAsyncLifetime
{
    private readonly ParkingSystem _parking = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _parking.DisposeAsync();

    [Fact]
    public async Task A_verb_that_gives_up_waiting_says_what_for()
    {
        var slot = await _parking.NewSlotAsync();

        var booking = await _parking.BookAsync(slot, "--wait=0.2");

        Assert.Equal((1, ""), (booking.ExitCode, booking.Output));
        Assert.Contains("'block slot'", Assert.Single(booking.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_booking_asked_for_while_nothing_runs_is_made_once_the_services_do()
    {
        var slot = await _parking.NewSlotAsync();
        await _parking.BookAsync(slot, "--wait=0");

        await _parking.ServeAsync("Parking", "Billing", "Booking");

        await CompletesAsync();
        Assert.Equal("reserved", await _parking.SlotStatusAsync(slot));
    }

    [Fact]
    public async Task An_orchestrator_killed_while_it_waits_for_the_slot_goes_on_after_a_restart()
    {
        var slot = await _parking.NewSlotAsync();
        await _parking.ServeAsync("Billing", "Booking");
        await _parking.BookAsync(slot, "--wait=0");

        await _parking.KillAsync("Booking");
        await _parking.ServeAsync("Parking", "Booking");

        await CompletesAsync();
        Assert.Equal("reserved", await _parking.SlotStatusAsync(slot));
    }

    [Fact]
    public async Task An_orchestrator_killed_while_it_waits_for_the_payment_pays_once_after_a_restart()
    {
        var slot = await _parking.NewSlotAsync();
        await _parking.ServeAsync("Parking", "Booking");
        await _parking.BookAsync(slot, "--wait=0");
        await BecomesAsync("approved");

        await _parking.KillAsync("Booking");
        Assert.Equal("blocked", await _parking.SlotStatusAsync(slot));
        await _parking.ServeAsync("Billing", "Booking");

        await CompletesAsync();
        var entries = await _parking.ListAsync("Billing", "billing_entry_list");
        Assert.Equal("payment", Assert.Single(entries).GetProperty("kind").GetString());
    }

    [Fact]
    public async Task A_service_that_is_asked_to_stop_ends_with_0()
    {
        await using var parking = await ServingProcess.StartAsync("ParkingOrchestration.Parking", "--data", _parking.Data);

        Assert.Equal("""{"status":"ready"}""", await parking.Http.GetStringAsync("/health/ready"));
        Assert.Equal(0, await parking.StopAsync());
    }

    private Task CompletesAsync() => BecomesAsync("completed");

    private Task BecomesAsync(string status) => Eventually.TrueAsync($"the booking is {status}", async () =>
        (await _parking.ListAsync("Booking", "booking_list")).Single().GetProperty("status").GetString() == status, () => _parking.Said);
}
