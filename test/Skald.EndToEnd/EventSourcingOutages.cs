namespace Skald.EndToEnd;

/// <summary>What the event-sourced parking does while something is away, and after it lost something.</summary>
public sealed class EventSourcingOutages(Servers servers) : IClassFixture<Servers>, IAsyncLifetime
{
    private readonly EventSourcingSystem _parking = new();
    private EventSourcingGround? _ground;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _parking.DisposeAsync();
        if (_ground is not null)
        {
            await _ground.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("files")]
    [InlineData("servers")]
    public async Task Without_the_broker_commands_work_and_the_projection_is_current_and_each_message_goes_out_once_in_order_when_it_is_back(string ground)
    {
        await StandAsync(ground);
        var tap = new EventSourcingTap(_parking.Data, _ground!.Broker);
        await _parking.ServeAsync("Parking", "Booking");
        await tap.SubscribeAsync();
        var (slot, other) = (await _parking.NewSlotAsync(), await _parking.NewSlotAsync());

        await _ground.StopBrokerAsync();
        var booking = await _parking.BookAsync(slot);
        await _parking.DoneAsync("Booking", "reserve_booking", booking);
        await _parking.DoneAsync("Booking", "complete_booking", booking);
        await _parking.DoneAsync("Booking", "cancel_booking", await _parking.BookAsync(other));
        await Eventually.TrueAsync("the serving process has projected it", async () =>
            (await _parking["Booking"].Http.GetStringAsync("/bookings")).Contains("\"status\":\"completed\"", StringComparison.Ordinal));
        Assert.Equal("completed", await _parking.StatusAsync(booking));
        Assert.Equal(2, (await _parking.ListAsync()).Count(c => c == '\n'));
        Assert.Equal("available", await _parking.SlotAsync(slot));

        await _ground.StartBrokerAsync();
        await _parking.SlotBecomesAsync(slot, "reserved");
        await Eventually.TrueAsync("all five events are out", async () => await _ground.TappedAsync() >= 5);
        Assert.Equal(5, await _ground.TappedAsync());
        Assert.Equal(["created", "reserved", "completed"], await tap.ReceiveAsync(booking, 3));

        // Parking may be a moment behind the tap; a slot that was not released would never be had again.
        await _parking.SlotBecomesAsync(other, "available");
        await _parking.DoneAsync("Booking", "reserve_booking", await _parking.BookAsync(other));
        await _parking.SlotBecomesAsync(other, "reserved");
    }

    [Theory]
    [InlineData("files")]
    [InlineData("servers")]
    public async Task A_projection_that_was_lost_or_is_rebuilt_has_the_same_rows_and_numbers_and_nothing_is_published_again(string ground)
    {
        await StandAsync(ground);
        var tap = new EventSourcingTap(_parking.Data, _ground!.Broker);
        await _parking.ServeAsync("Parking", "Booking");
        await tap.SubscribeAsync();
        foreach (var verbs in (string[][])[["reserve_booking", "complete_booking"], ["cancel_booking"], []])
        {
            var booking = await _parking.BookAsync(await _parking.NewSlotAsync());
            foreach (var verb in verbs)
            {
                await _parking.DoneAsync("Booking", verb, booking);
            }
        }

        await Eventually.TrueAsync("all six events are out", async () => await _ground.TappedAsync() == 6);
        var rows = await _parking.ListAsync();
        Assert.StartsWith("{\"id\": 1, ", rows, StringComparison.Ordinal);

        var rebuilt = await _parking.DoneAsync("Booking", "rebuild_projection");
        Assert.Equal(("6", "3", "0"), (rebuilt.Field("events"), rebuilt.Field("rows"), rebuilt.Field("differences")));
        Assert.Equal(rows, await _parking.ListAsync());

        // Under the serving process: it finds out, and builds it again by itself. A command does so at once.
        await _ground.DropProjectorAsync();
        Assert.Equal(rows, await _parking.ListAsync());
        await _parking.KillAsync("Booking");
        await _ground.DropProjectorAsync();
        Assert.Equal(rows, await _parking.ListAsync());
        Assert.Equal("0", (await _parking.DoneAsync("Booking", "rebuild_projection")).Field("differences"));
        Assert.Equal(rows, await _parking.ListAsync());

        await _parking.ServeAsync("Booking");
        await _parking.BookAsync(await _parking.NewSlotAsync());
        await Eventually.TrueAsync("the seventh event is out", async () => await _ground.TappedAsync() >= 7);
        Assert.Equal(7, await _ground.TappedAsync());
    }

    [Theory]
    [InlineData("files")]
    [InlineData("servers")]
    public async Task A_projection_whose_table_takes_no_event_any_more_is_mended_by_a_rebuild(string ground)
    {
        await StandAsync(ground);
        await _parking.BookAsync(await _parking.NewSlotAsync());
        Assert.Single((await _parking.ListAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        await _ground!.BreakProjectorAsync();
        await _parking.BookAsync(await _parking.NewSlotAsync());
        Assert.Equal(1, (await _parking.BookingAsync("get_booking_list")).ExitCode);

        var rebuilt = await _parking.BookingAsync("rebuild_projection");
        Assert.True(rebuilt.ExitCode == 0, rebuilt.Error);
        Assert.Equal(2, (await _parking.ListAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Without_the_projector_database_commands_work_and_its_rows_follow_when_it_is_back()
    {
        var ground = await ServerGround.StartAsync(servers);
        (_ground, _parking.Settings) = (ground, ground.Settings);
        await _parking.ServeAsync("Parking", "Booking");
        var slot = await _parking.NewSlotAsync();
        var booking = await _parking.BookAsync(slot);
        Assert.Equal("created", await _parking.StatusAsync(booking));

        await ground.Projector.KillAsync();
        await _parking.DoneAsync("Booking", "reserve_booking", booking);
        Assert.Equal(["created", "reserved"], await _parking.HistoryAsync(booking));
        await _parking.SlotBecomesAsync(slot, "reserved");
        var refused = await _parking.BookingAsync("get_booking_details", booking);
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.Contains($"{ground.Projector.Port}", Assert.Single(refused.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);

        await Eventually.TrueAsync("the serving process says why it is degraded", async () =>
            await (await _parking["Booking"].Http.GetAsync("/health/ready")).Content.ReadAsStringAsync() is var health && health.Contains("projection 'bookings' stands still", StringComparison.Ordinal));

        await ground.Projector.RestartAsync();
        Assert.Equal("reserved", await _parking.StatusAsync(booking));
        await Eventually.TrueAsync("it is ready again", async () => (await _parking["Booking"].Http.GetStringAsync("/health/ready")).Contains("\"ready\"", StringComparison.Ordinal));
        await Eventually.TrueAsync("the serving process reads it again", async () =>
            (await _parking["Booking"].Http.GetAsync("/bookings")) is { IsSuccessStatusCode: true } answer && (await answer.Content.ReadAsStringAsync()).Contains("reserved", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_booked_before_any_service_ever_ran_reaches_Parking_once_both_do()
    {
        var slot = await _parking.NewSlotAsync();
        var (first, second) = (await _parking.BookAsync(slot), await _parking.BookAsync(slot));
        await _parking.DoneAsync("Booking", "reserve_booking", first);

        // Booking publishes before Parking has ever been there.
        await _parking.ServeAsync("Booking");
        await _parking.ServeAsync("Parking");

        await _parking.SlotBecomesAsync(slot, "reserved");
        await _parking.BookingBecomesAsync(second, "cancelled");
        Assert.Equal("reserved", await _parking.StatusAsync(first));
    }

    [Fact]
    public async Task Services_that_are_killed_again_and_again_lose_nothing_and_do_nothing_twice()
    {
        await _parking.ServeAsync("Parking", "Booking");
        var tap = new EventSourcingTap(_parking.Data, "sqlite");
        await tap.SubscribeAsync();
        var ground = new FileGround(_parking.Data);
        var slots = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => _parking.NewSlotAsync()));

        var bookings = new List<string>();
        foreach (var (slot, victim) in slots.Zip((string[])["Booking", "Parking", "Booking"]))
        {
            var booking = await _parking.BookAsync(slot);
            var reserving = _parking.DoneAsync("Booking", "reserve_booking", booking);
            await _parking.KillAsync(victim);
            await reserving;
            bookings.Add(booking);
            await _parking.ServeAsync(victim);
        }

        foreach (var slot in slots)
        {
            await _parking.SlotBecomesAsync(slot, "reserved");
        }

        // Who is killed between sending and noting it sends once more, under the same id.
        Assert.Equal(6, (await ground.TappedIdsAsync()).Distinct().Count());
        foreach (var booking in bookings)
        {
            Assert.Equal(["created", "reserved"], await _parking.HistoryAsync(booking));
            Assert.Equal("reserved", await _parking.StatusAsync(booking));
        }

        Assert.Equal("0", (await _parking.DoneAsync("Booking", "rebuild_projection")).Field("differences"));
    }

    private async Task StandAsync(string ground)
    {
        _ground = ground == "files" ? new FileGround(_parking.Data) : await ServerGround.StartAsync(servers);
        _parking.Settings = _ground.Settings;
    }
}
