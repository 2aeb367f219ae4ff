using Skald;

namespace FoodOrders.Orders;

internal static class OrderVerbs
{
    public static async Task<object?> ListAsync(VerbContext verb)
    {
        var limit = verb.Get<int>("limit");
        return limit > 0
            ? await new OrderQueries(verb.Service).ListAsync(limit, verb.CancellationToken)
            : throw new RefusedException($"A list of at most {limit} orders makes no sense. Give --limit a number of at least 1.");
    }

    public static async Task<object?> DetailsAsync(VerbContext verb)
    {
        var id = verb.Get<long>("id");
        return await new OrderQueries(verb.Service).FindAsync(id, verb.CancellationToken)
            ?? throw new RefusedException($"There is no order {id}. List the orders with order_list.");
    }
}
