using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>Bookings while all three services run.</summary>
public sealed class ParkingBookings(ParkingSystem parking) : IClassFixture<ParkingSystem>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await parking.ServeAsync("Parking", "Billing", "Booking");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_booking_pays_and_reserves_and_completes()
    {
        var slot = await parking.NewSlotAsync();

        var booking = await parking.BookAsync(slot);

        Assert.Equal((0, "completed", ""), (booking.ExitCode, booking.Field("status"), booking.Error));
        var reference = booking.Field("parking_slot_ref_no");
        Assert.StartsWith(slot + ":", reference, StringComparison.Ordinal);
        Assert.Equal("reserved", await parking.SlotStatusAsync(slot));
        var bill = await parking.RunAsync("Billing", "billing_request_details_by_reference_no", $"--reference_no={reference}");
        Assert.Equal(("100.00", "paid"), (bill.Field("total"), bill.Field("status")));
        Assert.Equal(["payment"], await parking.EntriesAsync(reference));
        var details = await parking.RunAsync("Booking", "booking_details_by_parking_ref_no", "--uuid", reference);
        Assert.Equal(booking.Output, details.Output);
    }

    [Fact]
    public async Task Losing_a_race_leaves_the_winners_slot_alone()
    {
        var slot = await parking.NewSlotAsync();
        var first = await parking.BookAsync(slot);

        foreach (var _ in new[] { "second", "third" })
        {
            var loser = await parking.BookAsync(slot);

            Assert.Equal((1, "rejected"), (loser.ExitCode, loser.Field("status")));
            Assert.Contains(slot, Assert.Single(loser.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
            Assert.Equal("reserved", await parking.SlotStatusAsync(slot));
            Assert.Empty(await parking.EntriesAsync(loser.Field("parking_slot_ref_no")));
        }

        Assert.Equal("paid", await parking.BillStatusAsync(first.Field("parking_slot_ref_no")));
    }

    [Fact]
    public async Task Of_four_bookings_at_once_exactly_one_gets_the_slot()
    {
        var slot = await parking.NewSlotAsync();

        var bookings = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => parking.BookAsync(slot)));

        Assert.Equal(["completed", "rejected", "rejected", "rejected"], bookings.Select(b => b.Field("status")).Order());
        Assert.Equal("reserved", await parking.SlotStatusAsync(slot));
        var entries = await Task.WhenAll(bookings.Select(b => parking.EntriesAsync(b.Field("parking_slot_ref_no"))));
        Assert.Equal("payment", Assert.Single(entries.SelectMany(e => e)));
    }

    [Fact]
    public async Task A_refused_payment_frees_the_slot_and_rejects_the_booking()
    {
        var slot = await parking.NewSlotAsync();
        await parking.RunAsync("Billing", "fail_next", "--count=1");

        var booking = await parking.BookAsync(slot);

        var reference = booking.Field("parking_slot_ref_no");
        Assert.Equal((1, "rejected"), (booking.ExitCode, booking.Field("status")));
        Assert.Equal("available", await parking.SlotStatusAsync(slot));
        Assert.Equal("failed", await parking.BillStatusAsync(reference));
        Assert.Equal(["block slot", "create booking"], await ParkingJournal.UndoneAsync(parking.Data, reference));
        Assert.Equal("completed", (await parking.BookAsync(slot)).Field("status"));
    }

    [Fact]
    public async Task A_refused_reservation_refunds_then_unblocks_then_fails()
    {
        var slot = await parking.NewSlotAsync();
        await parking.RunAsync("Parking", "fail-next", "1");

        var booking = await parking.BookAsync(slot);

        var reference = booking.Field("parking_slot_ref_no");
        Assert.Equal((1, "failed"), (booking.ExitCode, booking.Field("status")));
        Assert.Equal("available", await parking.SlotStatusAsync(slot));
        Assert.Equal("refunded", await parking.BillStatusAsync(reference));
        Assert.Equal(["payment", "refund"], await parking.EntriesAsync(reference));
        Assert.Equal(["pay bill", "block slot", "create booking"], await ParkingJournal.UndoneAsync(parking.Data, reference));
    }

    [Fact]
    public async Task An_unknown_slot_is_rejected_and_the_CLI_returns_1()
    {
        var booking = await parking.BookAsync("5c8f5e8e-2f0c-4c7b-9a43-1d6b6d5e7f00");

        Assert.Equal((1, "rejected"), (booking.ExitCode, booking.Field("status")));
        Assert.Contains("No parking slot has uuid '5c8f5e8e-2f0c-4c7b-9a43-1d6b6d5e7f00'", booking.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_HTTP_a_booking_is_accepted_at_once_and_found_where_the_answer_says()
    {
        var slot = await parking.NewSlotAsync();
        var http = parking.Booking.Http;

        var accepted = await http.PostAsJsonAsync("/bookings", new { parkingSlotUuid = slot });

        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        var location = accepted.Headers.Location!;
        await Eventually.TrueAsync("the booking is completed", async () =>
            (await http.GetFromJsonAsync<JsonElement>(location)).GetProperty("status").GetString() == "completed");
    }

    [Fact]
    public async Task Over_HTTP_nonsense_is_a_problem_and_stores_nothing()
    {
        var http = parking.Booking.Http;
        var before = await parking.ListAsync("Booking", "booking_list");

        var refused = await http.PostAsJsonAsync("/bookings", new { parkingSlotUuid = "no-uuid" });
        var unknown = await http.GetAsync("/bookings/4711");

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (refused.StatusCode, refused.Content.Headers.ContentType?.MediaType));
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (unknown.StatusCode, unknown.Content.Headers.ContentType?.MediaType));
        Assert.Equal(before.Count, (await parking.ListAsync("Booking", "booking_list")).Count);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/health")]
    public async Task The_original_health_answer_is_there(string path) =>
        Assert.Equal("""{"message":"Booking server is running"}""", await parking.Booking.Http.GetStringAsync(path));
}
