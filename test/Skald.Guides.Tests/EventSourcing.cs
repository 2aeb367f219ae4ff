using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

// docs/guides/event-sourcing.md
namespace Skald.Guides.EventSourcing;

[Event("BOOKING_CREATED", Topic = "bookings")] public sealed record BookingCreated(string Slot) : IEvent;
[Event("BOOKING_RESERVED", Topic = "bookings")] public sealed record BookingReserved : IEvent;

public sealed record Booking(string Slot, string Status);

public sealed class BookingAggregate : Aggregate<Booking>
{
    protected override void Define(AggregateBuilder<Booking> aggregate) => aggregate
        .Begins<BookingCreated>(e => new Booking(e.Slot, "created"))
        .On<BookingReserved>((b, _) => b with { Status = "reserved" })
        .SnapshotEvery(100);
}

public sealed class BookingList : Projection
{
    public override string Name => "booking_list";

    public override IReadOnlyList<string> Schema => ["CREATE TABLE IF NOT EXISTS bookings (id TEXT PRIMARY KEY, status TEXT NOT NULL)"];

    public override async ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, ProjectionContext context)
    {
        foreach (var recorded in events)
        {
            await context.Connection.ExecuteAsync(
                "INSERT INTO bookings VALUES (@Id, @Type) ON CONFLICT (id) DO UPDATE SET status = excluded.status", new { recorded.Id, recorded.Type }, context.Transaction);
        }
    }
}

[Command("booking.reserve", To = "booking")]
public sealed record ReserveBooking(string Id) : ICommand<Done>;

public sealed class BookingHandlers
{
    public async Task<Reply<Done>> Handle(ReserveBooking command, MessageContext context)
    {
        var id = command.Id;
        var booking = await context.LoadAsync<Booking>(id);            // or (id, expectedVersion: 3)
        if (booking.State is not { Status: "created" }) { return new Refusal("NotCreated", "..."); }
        context.Append(booking, new BookingReserved());
        return Done.Instance;
    }
}

public static class BookingProgram
{
    public static void Build(HostApplicationBuilder builder)
    {
        builder.Services.AddSkald("parking.booking", s => s.UseSqlite("booking.db")
            .AddAggregate<BookingAggregate>().Publishes<BookingCreated>().Publishes<BookingReserved>()
            .AddProjection<BookingList>(p => p.UseSqlite("projector.db")));
    }
}

public sealed class Event_sourcing
{
    [Fact]
    public async Task The_state_is_the_fold_of_what_happened()
    {
        await using var services = await Services.StartAsync(("parking.booking", s => s
            .AddAggregate<BookingAggregate>().Publishes<BookingCreated>().Publishes<BookingReserved>().AddProjection<BookingList>(p => p.Inline()).AddHandlers<BookingHandlers>()));
        var service = services["parking.booking"];
        await service.ExecuteAsync(async context =>
        {
            context.Append(await context.LoadAsync<Booking>("b1"), new BookingCreated("7"));
            context.Send(new ReserveBooking("b1"));
            return 0;
        });
        await Eventually.HoldsAsync("the booking is reserved", async () => (await service.LoadAsync<Booking>("b1")).State is { Status: "reserved" }, services.Time, TimeSpan.FromMilliseconds(100));
        await using var connection = await service.OpenAsync();
        Assert.Equal("BOOKING_RESERVED", await connection.QuerySingleAsync<string>("SELECT status FROM bookings"));
        Assert.Equal(2, await service.HistoryAsync<Booking>("b1").CountAsync());
    }

    [Fact]
    public void The_program_registers_the_service()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        BookingProgram.Build(builder);
        Assert.Contains(builder.Services, service => Equals(service.ServiceKey, "parking.booking"));
    }
}
