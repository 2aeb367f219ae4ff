using Skald;

namespace Storefront.Inventory;

/// <summary>The command line of Inventory.</summary>
internal static class InventoryVerbs
{
    public static readonly Verb[] All =
    [
        new("inventory_list", "Lists the stock.", async verb => await Stock.AllAsync(verb.Service, verb.CancellationToken)),
        new("reservation_list", "Lists what is set aside for orders, newest first.", async verb =>
            await Stock.ReservationsAsync(verb.Service, Limit.Of(verb), verb.CancellationToken)) { Parameters = [Limit.Parameter] },
        new("set_stock", "Sets an item's stock and price; a new item is added.", SetAsync)
        {
            Parameters =
            [
                VerbParameter.Required<string>("item", "The item's name."),
                VerbParameter.Required<long>("quantity", "How many there are."),
                VerbParameter.Optional("price", "The price of one.", 10m),
            ],
        },
        new("data_init", "Deletes stock and reservations, and writes the stock of the document.", async verb =>
            await verb.Service.ExecuteAsync(async context => await Stock.ResetAsync(context))),
    ];

    private static async Task<object?> SetAsync(VerbContext verb)
    {
        var (item, quantity, price) = (verb.Get<string>("item"), verb.Get<long>("quantity"), verb.Get<decimal>("price"));
        if (!OrderRules.IsName(item))
        {
            throw new RefusedException($"'{item}' cannot be an item's name. {OrderRules.NameRule}");
        }

        if (quantity is < 0 or > OrderRules.MaxQuantity * 1000)
        {
            throw new RefusedException($"--quantity takes 0 to {OrderRules.MaxQuantity * 1000}, not {quantity}.");
        }

        if (!OrderRules.IsPrice(price))
        {
            throw new RefusedException(FormattableString.Invariant($"'{price}' cannot be a price. {OrderRules.PriceRule}"));
        }

        await Stock.SetAsync(verb.Service, item, quantity, price);
        return new StockItem(item, quantity, price);
    }
}
