namespace Skald.EndToEnd;

/// <summary>A participant that stays away until its deadlines have passed. Apart from the other outages, because it takes half a minute.</summary>
public sealed class ParkingDown : IAsyncLifetime
{
    private readonly ParkingSystem _parking = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _parking.DisposeAsync();

    [Fact]
    public async Task With_Parking_down_the_booking_is_rejected_and_the_CLI_returns_in_time()
    {
        var slot = await _parking.NewSlotAsync();
        await _parking.ServeAsync("Billing", "Booking");

        var booking = await _parking.BookAsync(slot);

        Assert.Equal((1, "rejected"), (booking.ExitCode, booking.Field("status")));
        Assert.Contains("waits for a person", booking.Error, StringComparison.Ordinal);

        // The overdue block and unblock are still to come; whatever their order, the slot ends up free.
        await _parking.ServeAsync("Parking");
        await Eventually.TrueAsync("the slot can be booked", async () => (await _parking.BookAsync(slot)).ExitCode == 0);
    }
}
