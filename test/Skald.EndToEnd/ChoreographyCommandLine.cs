namespace Skald.EndToEnd;

/// <summary>The choreography's command line beside the document's walk-through, and its health answers.</summary>
public sealed class ChoreographyCommandLine(ChoreographySystem system) : IClassFixture<ChoreographySystem>
{
    [Fact]
    public async Task The_later_spellings_work_too()
    {
        await system.ServeAsync(ChoreographySystem.All);

        var slot = (await system.RunAsync("Parking", "create-parking-slot", "A later slot")).Field("uuid");
        await system.RunAsync("Booking", "create-booking", "--parking-slot-uuid", slot);

        Assert.Equal("pending", (await system.RunAsync("Booking", "booking_details_by_parking_ref_no", "--uuid", slot)).Field("status"));
    }

    [Theory]
    [InlineData("Booking", "Booking server is running")]
    [InlineData("Billing", "Billing server is running")]
    [InlineData("Parking", "Manager server is running")]
    public async Task The_original_health_answer_is_there(string service, string message)
    {
        await system.ServeAsync(service);

        Assert.Equal($$"""{"message":"{{message}}"}""", await system[service].Http.GetStringAsync("/health"));
        Assert.Equal("""{"status":"ready"}""", await system[service].Http.GetStringAsync("/health/ready"));
    }

    [Theory]
    [InlineData("Parking", "create_parking", " ", "A parking slot needs a name. Give one with --name.")]
    [InlineData("Parking", "create_parking", "--name=x --status=mine", "'mine' is not a slot's status. Use available or reserved.")]
    [InlineData("Parking", "parking_slot_details", "x", "No parking slot has uuid 'x'. List them with parking_slot_list.")]
    [InlineData("Booking", "create_booking", "x", "'x' is not a uuid. List the slots with parking_slot_list.")]
    [InlineData("Booking", "booking_details_by_parking_slot_uuid", "x:y", "No booking has uuid 'x:y'. List them with booking_list.")]
    [InlineData("Billing", "billing_request_details_by_reference_no", "x", "No bill has reference 'x'. List them with billing_request_list.")]
    [InlineData("Billing", "pay_bill", "--ref_no=x --amount=100", "No bill has reference 'x'. List them with billing_request_list.")]
    [InlineData("Booking", "flow", "x", "No flow has id 'x' here. List them with flows.")]
    [InlineData("Booking", "flows", "--status=lost", "'lost' is not a flow's status. Use stuck, running, undone or completed.")]
    [InlineData("Booking", "flows", "--limit=0", "--limit takes 1 to 1000, not 0.")]
    [InlineData("Billing", "flows", "", "Flow 'booking' is kept by service 'booking'. Ask it for the list; 'flow ID' shows this service's part of one.")]
    [InlineData("Parking", "draw_flow", "x", "There is no flow 'x'. There is booking.")]
    public async Task A_refusal_is_one_plain_line_and_1(string service, string verb, string args, string line)
    {
        var values = args == " " ? [args] : args.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        var result = await system.RunAsync(service, [verb, .. values]);

        Assert.Equal((1, "", line + "\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task A_slot_with_several_bookings_is_too_little_to_say_and_the_refusal_lists_them()
    {
        await system.ServeAsync(ChoreographySystem.All);
        var slot = await system.NewSlotAsync();
        string[] references = [await system.BookAsync(slot), await system.BookAsync(slot)];

        foreach (var result in (ProcessResult[])[await system.PayAsync(slot), await system.RunAsync("Booking", "booking_details_by_parking_slot_uuid", slot)])
        {
            Assert.Equal((1, ""), (result.ExitCode, result.Output));
            Assert.All(references, reference => Assert.Contains(reference, Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal));
        }

        var bills = await system.ListAsync("Billing", "billing_request_list");
        Assert.Superset(references.ToHashSet(), bills.Select(b => b.GetProperty("reference_no").GetString()!).ToHashSet());
    }

    [Fact]
    public async Task The_drawing_is_the_one_in_the_READMEs_words()
    {
        var drawing = await system.RunAsync("Parking", "draw_flow");

        var readme = File.ReadAllText(Path.Combine(ReadmeTests.Root(), "samples/ParkingChoreography/README.md"));
        Assert.Contains(drawing.Output, readme, StringComparison.Ordinal);
    }
}
