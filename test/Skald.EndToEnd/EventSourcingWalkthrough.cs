namespace Skald.EndToEnd;

/// <summary>Document 004's workflow, command by command, with each service in a process of its own.</summary>
public sealed class EventSourcingWalkthrough(EventSourcingSystem parking) : IClassFixture<EventSourcingSystem>
{
    [Fact]
    public async Task Every_command_of_the_document_prints_what_the_document_shows()
    {
        await parking.ServeAsync("Booking", "Parking");

        var created = await parking.ParkingAsync("create_parking_slot", "Slot 1");
        var slot = created.Field("uuid");
        Assert.Equal($"uuid:   {slot}\nname:   Slot 1\nstatus: available\n", created.Output);

        var requested = await parking.BookingAsync("create_booking_request", slot);
        var booking = requested.Output.TrimEnd();
        Assert.True(Guid.TryParseExact(booking, "D", out _), requested.Output);
        var first = $$"""{"id": "{{booking}}", "version": 1, "parking_slot_ref_no": "{{slot}}", "status": "created"}""" + "\n";
        await PrintsAsync(first, "get_booking_events", booking);
        await PrintsAsync(Details(booking, "created", slot), "get_booking_details", booking);
        await parking.SlotBecomesAsync(slot, "blocked");

        await PrintsAsync(booking + "\n", "reserve_booking", booking);
        var second = $$"""{"id": "{{booking}}", "version": 2, "status": "reserved"}""" + "\n";
        await PrintsAsync(first + second, "get_booking_events", booking);
        await PrintsAsync(Details(booking, "reserved", slot), "get_booking_details", booking);
        await parking.SlotBecomesAsync(slot, "reserved");

        await PrintsAsync(booking + "\n", "complete_booking", booking);
        await PrintsAsync(Details(booking, "completed", slot), "get_booking_details", booking);
        var third = $$"""{"id": "{{booking}}", "version": 3, "status": "completed"}""" + "\n";
        await PrintsAsync(first + second + third, "get_booking_events", booking);
        await PrintsAsync($$"""{"id": 1, "domain_uuid": "{{booking}}", "status": "completed", "parking_slot_ref_no": "{{slot}}"}""" + "\n", "get_booking_list");
        Assert.Equal($"uuid:   {slot}\nname:   Slot 1\nstatus: reserved\n", (await parking.ParkingAsync("parking_slot_details", slot)).Output);
        Assert.Equal("""{"message":"Booking server is running"}""", await parking["Booking"].Http.GetStringAsync("/health"));
        Assert.Equal("""{"message":"Parking server is running"}""", await parking["Parking"].Http.GetStringAsync("/health"));
    }

    private static string Details(string booking, string status, string slot) =>
        $"id:                  1\ndomain_uuid:         {booking}\nstatus:              {status}\nparking_slot_ref_no: {slot}\n";

    private async Task PrintsAsync(string output, params string[] args) =>
        Assert.Equal(new ProcessResult(0, output, ""), await parking.BookingAsync(args));
}
