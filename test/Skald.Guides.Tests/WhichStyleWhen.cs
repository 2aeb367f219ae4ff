using Microsoft.Extensions.DependencyInjection;
using Xunit;

// docs/guides/which-style-when.md: the three styles in one system.
namespace Skald.Guides.Styles;

[Event("BOOKING_REQUESTED")]
public sealed record BookingRequested(string Number, string Slot) : IEvent;

[Event("BOOKING_MADE", Topic = "bookings")]
public sealed record BookingMade(string Slot) : IEvent;

[Event("BOOKING_REJECTED", Topic = "bookings")]
public sealed record BookingRejected(string Why) : IEvent;

public sealed record Booking(string Slot, string Status);

public sealed class BookingAggregate : Aggregate<Booking>
{
    protected override void Define(AggregateBuilder<Booking> aggregate) => aggregate
        .Begins<BookingMade>(e => new Booking(e.Slot, "made"))
        .On<BookingRejected>((b, _) => b with { Status = "rejected" });
}

[Command("slots.reserve", To = "slots")]
public sealed record ReserveSlot(string Number, string Slot) : ICommand<Done>;

public sealed class BookingHandlers
{
    public void Handle(BookingRequested requested, MessageContext context) =>
        context.Start<BookingSaga, MakeBooking>(new MakeBooking(requested.Number, requested.Slot));
}

public sealed record MakeBooking(string Number, string Slot);

public sealed class BookingSaga : Saga<MakeBooking>
{
    protected override void Define(SagaBuilder<MakeBooking> saga)
    {
        saga.Key(b => b.Number, KeyUse.Once);
        saga.Step("make").Do(MakeAsync).Undo(RejectAsync);
        saga.Pivot("reserve").Send(b => new ReserveSlot(b.Number, b.Slot));
    }

    private static async ValueTask<StepResult<MakeBooking>> MakeAsync(MakeBooking state, StepContext context)
    {
        context.Append(await context.LoadAsync<Booking>(state.Number), new BookingMade(state.Slot));
        return state;
    }

    private static async ValueTask<StepResult<MakeBooking>> RejectAsync(MakeBooking state, StepContext context)
    {
        context.Append(await context.LoadAsync<Booking>(state.Number), new BookingRejected("no slot"));
        return state;
    }
}

public sealed class SlotHandlers
{
    public Reply<Done> Handle(ReserveSlot command, MessageContext context) =>
        command.Slot == "taken" ? new Refusal("Taken", "The slot is taken.") : Done.Instance;
}

public sealed class SignHandlers(TaskCompletionSource<string> shown)
{
    public void Handle(BookingMade made, MessageContext context)
    {
        // The sign is shown; who books, and how, is not known here.
    }

    public void Handle(BookingRejected rejected, MessageContext context) => shown.TrySetResult(rejected.Why);
}

public sealed class The_three_styles
{
    [Fact]
    public async Task Mix_in_one_system()
    {
        var shown = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var services = await Services.StartAsync(
            ("parking.site", s => s.Publishes<BookingRequested>()),
            ("parking.booking", s => s
                .AddSaga<BookingSaga>().AddHandlers<BookingHandlers>()
                .AddAggregate<BookingAggregate>().Publishes<BookingMade>().Publishes<BookingRejected>()),
            ("parking.slots", s => s.AddHandlers<SlotHandlers>()),
            ("parking.signs", s =>
            {
                s.Services.AddSingleton(shown);
                s.AddHandlers<SignHandlers>();
            }
        ));
        await services["parking.site"].PublishAsync(new BookingRequested("7", "taken"));
        Assert.Equal("no slot", await shown.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("rejected", (await services["parking.booking"].LoadAsync<Booking>("7")).State?.Status);
    }
}
