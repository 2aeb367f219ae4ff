using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>The command line of the event-sourced parking, with no service running.</summary>
public sealed class EventSourcingCommandLine(EventSourcingSystem parking) : IClassFixture<EventSourcingSystem>
{
    private const string Unknown = "5c8f5e8e-2f0c-4c7b-9a43-1d6b6d5e7f00";

    [Theory]
    [InlineData("create_booking_request", "Slot 1", "'Slot 1' is not a uuid. List the slots with parking_slot_list.")]
    [InlineData("reserve_booking", "nonsense", "'nonsense' is not a booking's uuid. List the bookings with get_booking_list.")]
    [InlineData("get_booking_details", "", "'' is not a booking's uuid. List the bookings with get_booking_list.")]
    [InlineData("get_booking_events", "1", "'1' is not a booking's uuid. List the bookings with get_booking_list.")]
    [InlineData("reserve_booking", Unknown, $"No booking has uuid '{Unknown}'. List them with get_booking_list.")]
    [InlineData("complete_booking", Unknown, $"No booking has uuid '{Unknown}'. List them with get_booking_list.")]
    [InlineData("cancel_booking", Unknown, $"No booking has uuid '{Unknown}'. List them with get_booking_list.")]
    [InlineData("get_booking_details", Unknown, $"No booking has uuid '{Unknown}'. List them with get_booking_list.")]
    [InlineData("get_booking_events", Unknown, $"No booking has uuid '{Unknown}'. List them with get_booking_list.")]
    public async Task A_malformed_or_unknown_id_is_refused_in_one_line_with_1(string verb, string id, string line) =>
        Assert.Equal(new ProcessResult(1, "", line + "\n"), await parking.BookingAsync(verb, id));

    [Theory]
    [InlineData("create_booking_request")]
    [InlineData("reserve_booking", Unknown, "--version=two")]
    [InlineData("get_booking_list", "--wait=soon")]
    [InlineData("get_booking_list", "--store=oracle://x")]
    [InlineData("get_booking_list", "--projector-store=amqp://x")]
    public async Task A_command_line_that_makes_no_sense_ends_with_2(params string[] args)
    {
        var result = await parking.BookingAsync(args);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("Error: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_illegal_transition_is_refused_with_1_and_nothing_is_stored()
    {
        var booking = await parking.BookAsync(await parking.NewSlotAsync());

        await RefusedAsync("complete_booking", $"Booking '{booking}' is created; it can become reserved or cancelled, but not completed.");
        Assert.Equal(["created"], await parking.HistoryAsync(booking));
        await parking.DoneAsync("Booking", "reserve_booking", booking);
        await RefusedAsync("reserve_booking", $"Booking '{booking}' is already reserved.");
        Assert.Equal(["created", "reserved"], await parking.HistoryAsync(booking));
        await parking.DoneAsync("Booking", "cancel_booking", booking);
        await RefusedAsync("reserve_booking", $"Booking '{booking}' is cancelled for good; it cannot become reserved.");
        Assert.Equal(["created", "reserved", "cancelled"], await parking.HistoryAsync(booking));
        Assert.Equal("cancelled", await parking.StatusAsync(booking));

        async Task RefusedAsync(string verb, string line) =>
            Assert.Equal(new ProcessResult(1, "", line + "\n"), await parking.BookingAsync(verb, booking));
    }

    [Fact]
    public async Task Only_one_of_two_bookings_of_a_slot_can_be_reserved_even_while_Parking_cannot_be_asked()
    {
        var slot = await parking.NewSlotAsync();
        var (first, second) = (await parking.BookAsync(slot), await parking.BookAsync(slot));

        Assert.Equal(
            new ProcessResult(1, "", $"Parking slot '{slot}' is taken by booking '{first}'. Cancel this one with cancel_booking, or that one first.\n"),
            await parking.BookingAsync("reserve_booking", second));

        await parking.DoneAsync("Booking", "cancel_booking", first);
        await parking.DoneAsync("Booking", "reserve_booking", second);
        Assert.Equal(["created", "reserved"], await parking.HistoryAsync(second));
    }

    [Fact]
    public async Task Of_two_commands_at_once_one_is_refused_and_a_version_that_was_overtaken_is_told()
    {
        var booking = await parking.BookAsync(await parking.NewSlotAsync());

        var both = await Task.WhenAll(parking.BookingAsync("reserve_booking", booking), parking.BookingAsync("reserve_booking", booking));

        Assert.Equal([0, 1], both.Select(r => r.ExitCode).Order());
        Assert.Contains(both, r => r.Error == $"Booking '{booking}' is already reserved.\n");
        Assert.Equal(["created", "reserved"], await parking.HistoryAsync(booking));
        var stale = await parking.BookingAsync("cancel_booking", booking, "--version=1");
        Assert.Equal((1, $"Booking '{booking}' is at version 2, not at 1: it was changed meanwhile. Look at it with get_booking_events.\n"), (stale.ExitCode, stale.Error));
    }

    [Fact]
    public async Task An_event_knows_when_by_whom_and_why()
    {
        var booking = await parking.BookAsync(await parking.NewSlotAsync());

        var output = (await parking.DoneAsync("Booking", "get_booking_events", booking, "--metadata", "--json")).Output;

        var @event = JsonDocument.Parse(output).RootElement[0];
        Assert.Equal(("BookingCreated", Environment.UserName), (@event.GetProperty("event").GetString(), @event.GetProperty("actor").GetString()));
        Assert.InRange(@event.GetProperty("at").GetDateTimeOffset(), TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow());
        Assert.Equal(booking, @event.GetProperty("causation").GetString());
    }

    [Fact]
    public async Task A_rebuild_shows_how_far_it_is_and_says_what_it_found()
    {
        await parking.BookAsync(await parking.NewSlotAsync());
        var rows = await parking.ListAsync();

        var rebuilt = await parking.BookingAsync("rebuild_projection");

        Assert.Equal((0, "bookings", "0"), (rebuilt.ExitCode, rebuilt.Field("projection"), rebuilt.Field("differences")));
        Assert.Equal(rows.Count(c => c == '\n'), int.Parse(rebuilt.Field("rows"), System.Globalization.CultureInfo.InvariantCulture));
        Assert.Matches(@"\A\[#{30}\] 100 %  (\d+) of \1 events, [\d,]+/s\n\z", rebuilt.Error);
        Assert.Equal(rows, await parking.ListAsync());
    }
}
