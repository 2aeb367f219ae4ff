using Microsoft.EntityFrameworkCore;
using Skald;

namespace Travel.Hotel;

/// <summary>Books rooms, with Entity Framework Core on the message's transaction.</summary>
public sealed class HotelHandlers(HotelContext hotel)
{
    public async Task<Reply<Done>> Handle(ReserveRoom command, MessageContext context)
    {
        // In the database, where two instances that look at once do not both see the last one.
        var taken = await hotel.Rooms.Where(r => r.Kind == command.Room && r.Free > 0)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.Free, r => r.Free - 1), context.CancellationToken);
        if (taken == 0)
        {
            return new Refusal("NoRoom", $"There is no {command.Room} room left.");
        }

        hotel.Bookings.Add(new Booking { Trip = command.Trip, Room = command.Room });
        await hotel.SaveChangesAsync(context.CancellationToken);
        return Done.Instance;
    }

    public async Task<Reply<Done>> Handle(ReleaseRoom command, MessageContext context)
    {
        var booking = await hotel.Bookings.SingleAsync(b => b.Trip == command.Trip, context.CancellationToken);
        await hotel.Rooms.Where(r => r.Kind == booking.Room)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.Free, r => r.Free + 1), context.CancellationToken);
        hotel.Bookings.Remove(booking);
        await hotel.SaveChangesAsync(context.CancellationToken);
        return Done.Instance;
    }
}
