using Skald;

namespace Storefront.Orders;

/// <summary>The command line of Orders.</summary>
internal static class OrdersVerbs
{
    public static readonly Verb[] All =
    [
        new("user_list", "Lists the users.", async verb => await UserOrders.UsersAsync(verb.Service, verb.CancellationToken)),
        new("order_list", "Lists the newest orders, newest first.", async verb =>
            await UserOrders.AllAsync(verb.Service, Limit.Of(verb), verb.CancellationToken)) { Parameters = [Limit.Parameter] },
        new("data_init", "Deletes users and orders, and writes those of the document.", async verb =>
            await verb.Service.ExecuteAsync(async context => await UserOrders.ResetAsync(context))),
    ];
}
