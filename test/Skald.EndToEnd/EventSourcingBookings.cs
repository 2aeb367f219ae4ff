using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>Bookings while Booking and Parking serve.</summary>
public sealed class EventSourcingBookings(EventSourcingSystem parking) : IClassFixture<EventSourcingSystem>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await parking.ServeAsync("Parking", "Booking");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_second_booking_of_a_slot_ends_cancelled_and_the_slot_stays_the_first_ones()
    {
        var slot = await parking.NewSlotAsync();
        var first = await parking.BookAsync(slot);
        await parking.SlotBecomesAsync(slot, "blocked");

        var second = await parking.BookAsync(slot);

        await parking.BookingBecomesAsync(second, "cancelled");
        Assert.Equal(["created", "cancelled"], await parking.HistoryAsync(second));
        Assert.Equal(("blocked", "created"), (await parking.SlotAsync(slot), await parking.StatusAsync(first)));
        await parking.DoneAsync("Booking", "reserve_booking", first);
        await parking.DoneAsync("Booking", "complete_booking", first);
        await parking.SlotBecomesAsync(slot, "reserved");
        var third = await parking.BookAsync(slot);
        await parking.BookingBecomesAsync(third, "cancelled");
        Assert.Equal(("reserved", "completed"), (await parking.SlotAsync(slot), await parking.StatusAsync(first)));
    }

    [Fact]
    public async Task Cancelling_a_booking_frees_its_slot_for_the_next()
    {
        var slot = await parking.NewSlotAsync();
        var first = await parking.BookAsync(slot);
        await parking.DoneAsync("Booking", "reserve_booking", first);
        await parking.SlotBecomesAsync(slot, "reserved");

        await parking.DoneAsync("Booking", "cancel_booking", first);

        await parking.SlotBecomesAsync(slot, "available");
        var second = await parking.BookAsync(slot);
        await parking.SlotBecomesAsync(slot, "blocked");
        Assert.Equal("created", await parking.StatusAsync(second));
    }

    [Fact]
    public async Task A_booking_of_a_slot_that_is_not_to_be_had_is_cancelled()
    {
        var closed = await parking.NewSlotAsync("reserved");

        var bookings = new[] { await parking.BookAsync(closed), await parking.BookAsync("5c8f5e8e-2f0c-4c7b-9a43-1d6b6d5e7f00") };

        foreach (var booking in bookings)
        {
            await parking.BookingBecomesAsync(booking, "cancelled");
        }

        Assert.Equal("reserved", await parking.SlotAsync(closed));
        var events = (await parking.DoneAsync("Booking", "get_booking_events", bookings[0], "--metadata", "--json")).Output;
        Assert.Equal("parking", JsonDocument.Parse(events).RootElement[1].GetProperty("actor").GetString());
    }

    [Fact]
    public async Task Over_HTTP_the_projection_is_read_and_a_booking_that_there_is_not_is_not_found()
    {
        var booking = await parking.BookAsync(await parking.NewSlotAsync());
        var http = parking["Booking"].Http;

        // The serving process projects in the background: nobody asked for it here.
        await Eventually.TrueAsync("the booking is in the projection", async () => (await http.GetAsync($"/bookings/{booking}")).IsSuccessStatusCode);
        Assert.Contains(booking, await http.GetStringAsync("/bookings"), StringComparison.Ordinal);
        Assert.Equal(404, (int)(await http.GetAsync("/bookings/5c8f5e8e-2f0c-4c7b-9a43-1d6b6d5e7f00")).StatusCode);
        Assert.StartsWith("""{"status":"ready",""", await http.GetStringAsync("/health/ready"), StringComparison.Ordinal);
    }
}
