namespace Skald.EndToEnd;

/// <summary>The command line, with no service running.</summary>
public sealed class ParkingCommandLine(ParkingSystem parking) : IClassFixture<ParkingSystem>
{
    [Fact]
    public async Task An_object_is_printed_with_its_values_lined_up()
    {
        var slot = await parking.RunAsync("Parking", "create_parking_slot", "--name='Slot 1'".Replace("'", ""));

        Assert.Matches(@"\Auuid:   [0-9a-f-]{36}\nname:   Slot 1\nstatus: available\n\z", slot.Output);
    }

    [Theory]
    [InlineData("create_parking_slot", "--name=Slot", "--status=blocked")]
    [InlineData("create_parking_slot", "--name", "Slot", "--status", "blocked")]
    [InlineData("create-parking-slot", "Slot", "blocked")]
    [InlineData("create_parking_slot", "--status=blocked", "Slot")]
    public async Task Values_are_given_by_name_or_by_position(params string[] args)
    {
        var slot = await parking.RunAsync("Parking", args);

        Assert.Equal((0, "Slot", "blocked"), (slot.ExitCode, slot.Field("name"), slot.Field("status")));
    }

    [Theory]
    [InlineData("--reference_no=abc1")]
    [InlineData("--reference-no=abc2")]
    public async Task Underscores_and_hyphens_are_alike(string option)
    {
        var bill = await parking.RunAsync("Billing", "create-billing-request", option);

        Assert.Equal((0, option[^4..], "100.00"), (bill.ExitCode, bill.Field("reference_no"), bill.Field("total")));
    }

    [Fact]
    public async Task A_list_is_a_line_of_JSON_per_element_and_with_json_one_document()
    {
        await parking.RunAsync("Parking", "create_parking_slot", "A \"quoted\" name");

        var lines = (await parking.RunAsync("Parking", "parking_slot_list")).Output.TrimEnd().Split('\n');
        var document = (await parking.RunAsync("Parking", "parking_slot_list", "--json")).Output.TrimEnd();

        Assert.Contains(lines, line => line.EndsWith("""
            "name": "A \"quoted\" name", "status": "available"}
            """, StringComparison.Ordinal));
        Assert.Equal($"[{string.Join(", ", lines)}]", document);
    }

    [Theory]
    [InlineData("Booking", "no_such_verb")]
    [InlineData("Booking", "create_booking_request")]
    [InlineData("Booking", "create_booking_request", "5c8f5e8e-2f0c-4c7b-9a43-1d6b6d5e7f00", "too-many")]
    [InlineData("Booking", "create_booking_request", "--slot=5c8f5e8e-2f0c-4c7b-9a43-1d6b6d5e7f00")]
    [InlineData("Booking", "create_booking_request", "5c8f5e8e-2f0c-4c7b-9a43-1d6b6d5e7f00", "--wait=soon")]
    [InlineData("Parking", "fail_next", "--count=many")]
    public async Task A_command_line_that_makes_no_sense_gets_the_usage_and_2(string service, params string[] args)
    {
        var result = await parking.RunAsync(service, args);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("Error: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("Usage:", result.Error, StringComparison.Ordinal);
        Assert.Empty(await parking.ListAsync("Booking", "booking_list"));
    }

    [Theory]
    [InlineData("Booking", "create_booking_request", "not-a-uuid", "'not-a-uuid' is not a uuid. List the slots with parking_slot_list.")]
    [InlineData("Booking", "booking_details_by_parking_ref_no", "x", "No booking has reference 'x'. List them with booking_list.")]
    [InlineData("Parking", "parking_slot_details", "x", "No parking slot has uuid 'x'. List them with parking_slot_list.")]
    [InlineData("Parking", "create_parking_slot", " ", "A parking slot needs a name. Give one with --name.")]
    [InlineData("Billing", "billing_request_details_by_reference_no", "x", "No bill has reference 'x'. List them with billing_request_list.")]
    [InlineData("Billing", "fail_next", "-1", "--count takes 0 or more, not -1.")]
    public async Task A_refusal_is_one_plain_line_and_1_and_stores_nothing(string service, string verb, string value, string line)
    {
        var result = await parking.RunAsync(service, verb, value);

        Assert.Equal((1, "", line + "\n"), (result.ExitCode, result.Output, result.Error));
        Assert.Empty(await parking.ListAsync("Booking", "booking_list"));
    }

    [Fact]
    public async Task A_store_of_an_unknown_kind_is_refused_in_one_line()
    {
        var result = await parking.RunAsync("Parking", "parking_slot_list", "--store", "oracle://scott:tiger@localhost/skald");

        Assert.Equal((2, "Error: --store 'oracle://localhost/skald' is not of a known kind. Use 'sqlite' or 'postgres://user:password@host:port/database'.\n"), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData("--broker", "kafka://scott:tiger@localhost/skald", "--broker 'kafka://localhost/skald' is not of a known kind. Use 'sqlite', 'postgres://...' or 'amqp://user:password@host:port/vhost'.")]
    [InlineData("--projector-store", "amqp://scott:tiger@localhost/", "--projector-store 'amqp://localhost/' is not of a known kind. Use 'sqlite' or 'postgres://user:password@host:port/database'.")]
    public async Task A_broker_or_projector_store_of_an_unknown_kind_is_refused_in_one_line(string option, string address, string line)
    {
        var result = await parking.RunAsync("Parking", "parking_slot_list", option, address);

        Assert.Equal((2, $"Error: {line}\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_written_is_told_in_one_line()
    {
        var file = Path.GetTempFileName();

        var result = await Processes.RunAsync("ParkingOrchestration.Parking", "parking_slot_list", "--data", file);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(file, Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public async Task Help_is_there_for_the_program_and_for_each_verb()
    {
        var program = await parking.RunAsync("Booking", "--help");
        var verb = await parking.RunAsync("Booking", "create_booking_request", "--help");

        Assert.Equal((0, 0), (program.ExitCode, verb.ExitCode));
        Assert.Contains("booking_details_by_parking_ref_no", program.Output, StringComparison.Ordinal);
        Assert.Contains("--parking_slot_uuid", verb.Output, StringComparison.Ordinal);
        Assert.Contains("--wait", verb.Output, StringComparison.Ordinal);
    }
}
