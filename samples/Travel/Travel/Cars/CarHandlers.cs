using Dapper;
using Skald;

namespace Travel.Cars;

/// <summary>Rents cars of some kinds.</summary>
public sealed class CarHandlers
{
    public async Task<Reply<Done>> Handle(ReserveCar command, MessageContext context)
    {
        var taken = await context.Connection.ExecuteAsync(
            "UPDATE cars SET free = free - 1 WHERE car = @Car AND free > 0", command, context.Transaction);
        if (taken == 0)
        {
            return new Refusal("NoCar", $"There is no {command.Car} left.");
        }

        await context.Connection.ExecuteAsync("INSERT INTO rentals (trip, car) VALUES (@Trip, @Car)", command, context.Transaction);
        return Done.Instance;
    }

    public async Task<Reply<Done>> Handle(ReleaseCar command, MessageContext context)
    {
        await context.Connection.ExecuteAsync(
            "UPDATE cars SET free = free + 1 WHERE car = (SELECT car FROM rentals WHERE trip = @Trip)", command, context.Transaction);
        await context.Connection.ExecuteAsync("DELETE FROM rentals WHERE trip = @Trip", command, context.Transaction);
        return Done.Instance;
    }
}
