namespace Skald.EndToEnd;

/// <summary>The walk-through of the original's document, typed command by command against services that run apart.</summary>
public sealed class ChoreographyTranscript : IAsyncLifetime
{
    private readonly ChoreographySystem _system = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task The_walk_through_prints_what_the_document_shows()
    {
        await _system.ServeAsync(ChoreographySystem.All);

        var created = await _system.RunAsync("Parking", "create_parking", "--name=Slot 1");
        var slot = created.Field("uuid");
        Prints(created, $"uuid:   {slot}", "name:   Slot 1", "status: available");
        Prints(await _system.RunAsync("Parking", "parking_slot_list"), $$"""{"uuid": "{{slot}}", "name": "Slot 1", "status": "available"}""");
        Prints(await _system.RunAsync("Parking", "parking_slot_details", $"--uuid={slot}"), $"uuid:   {slot}", "name:   Slot 1", "status: available");

        string[] pending = ["id:                1", "status:            pending", $"parking_slot_uuid: {slot}"];
        Prints(await _system.RunAsync("Booking", "create_booking", $"--parking_slot_uuid={slot}"), pending);
        Prints(await _system.RunAsync("Booking", "booking_list"), $$"""{"id": 1, "status": "pending", "parking_slot_uuid": "{{slot}}"}""");
        Prints(await _system.RunAsync("Booking", "booking_details_by_parking_slot_uuid", $"--uuid={slot}"), pending);

        await Eventually.TrueAsync("the bill is there", async () => (await _system.RunAsync("Billing", "billing_request_list")).Output.Length > 0);
        Prints(
            await _system.RunAsync("Billing", "billing_request_details_by_reference_no", $"--ref_no={slot}"),
            $$"""billing_request: {"id": 1, "total": 100.00, "status": "pending", "reference_no": "{{slot}}"}""",
            "reconciliations: []");
        Prints(await _system.RunAsync("Billing", "billing_request_list"), $$"""{"id": 1, "total": 100.00, "status": "pending", "reference_no": "{{slot}}"}""");
        Prints(
            await _system.RunAsync("Billing", "pay_bill", $"--ref_no={slot}", "--amount=100"),
            "id:                 1", "amount:             100.00", "billing_request_id: 1");
        Prints(
            await _system.RunAsync("Billing", "billing_request_details_by_reference_no", $"--ref_no={slot}"),
            $$"""billing_request: {"id": 1, "total": 100.00, "status": "paid", "reference_no": "{{slot}}"}""",
            """reconciliations: [{"id": 1, "amount": 100.00, "billing_request_id": 1}]""");

        await _system.BookingBecomesAsync(slot, "done");
        Prints(await _system.RunAsync("Parking", "parking_slot_details", $"--uuid={slot}"), $"uuid:   {slot}", "name:   Slot 1", "status: reserved");
        Prints(
            await _system.RunAsync("Booking", "booking_details_by_parking_slot_uuid", $"--uuid={slot}"),
            "id:                1", "status:            done", $"parking_slot_uuid: {slot}");
    }

    private static void Prints(ProcessResult result, params string[] lines) =>
        Assert.Equal((0, string.Join('\n', lines) + "\n", ""), (result.ExitCode, result.Output, result.Error));
}
