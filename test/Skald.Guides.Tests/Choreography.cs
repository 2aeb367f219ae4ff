using Microsoft.Extensions.DependencyInjection;
using Xunit;

// docs/guides/choreography.md
namespace Skald.Guides.Choreography;

[Event("BOOKING_CREATED_EVENT")]
public sealed record BookingCreated(string ReferenceNo, long Id, int Slot) : IEvent;

[Event("BOOKING_RESERVED_EVENT")]
public sealed record BookingReserved(string ReferenceNo, int Slot) : IEvent;

[Event("BILL_PAID_EVENT")]
public sealed record BillPaid(string ReferenceNo, decimal Total) : IEvent;

public sealed class ParkingHandlers(ParkingSlots slots)
{
    public void Handle(BillPaid paid, MessageContext context)
    {
        // context.Connection and context.Transaction: what is written and published here is committed together, or not at all.
        var slot = slots.Reserve(context, paid.ReferenceNo);
        context.Publish(new BookingReserved(paid.ReferenceNo, slot));
    }
}

public sealed class ParkingSlots
{
    public int Reserve(MessageContext context, string reference) => reference.Length + (context.Flow == reference ? 0 : 100);
}

public sealed class BookingHandlers(TaskCompletionSource<BookingReserved> heard)
{
    public void Handle(BookingReserved reserved, MessageContext context) => heard.TrySetResult(reserved);
}

public sealed class BillingHandlers
{
    public void Handle(BookingCreated created, MessageContext context) => context.Publish(new BillPaid(created.ReferenceNo, 20));
}

public sealed class A_choreography
{
    [Fact]
    public async Task Goes_from_event_to_event_in_one_flow()
    {
        var heard = new TaskCompletionSource<BookingReserved>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var services = await Services.StartAsync(
            ("parking.booking", s =>
            {
                s.Services.AddSingleton(heard);
                s.Publishes<BookingCreated>().AddHandlers<BookingHandlers>();
            }
        ),
            ("parking.billing", s => s.Publishes<BillPaid>().AddHandlers<BillingHandlers>()),
            ("parking.parking", s =>
            {
                s.Services.AddSingleton<ParkingSlots>();
                s.Publishes<BookingReserved>().AddHandlers<ParkingHandlers>();
            }
        ));
        var (service, reference, id, slot) = (services["parking.booking"], "b-1", 1L, 7);

        await service.ExecuteAsync(context =>
        {
            // insert the row, then tell
            context.Publish(new BookingCreated(reference, id, slot), flow: reference);
            return ValueTask.FromResult(id);
        });

        Assert.Equal(new BookingReserved("b-1", 3), await heard.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }
}
