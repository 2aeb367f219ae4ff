using Dapper;
using Skald;

namespace Skald_Service;

/// <summary>The participant. What a handler writes is committed together with its answer, once, however often the command arrives.</summary>
public sealed class StockHandlers
{
    public const string Stock = "CREATE TABLE IF NOT EXISTS stock (product TEXT PRIMARY KEY, quantity INTEGER NOT NULL)";
    public const string FirstStock = "INSERT INTO stock (product, quantity) VALUES ('tea', 100), ('coffee', 10) ON CONFLICT DO NOTHING";

    public Reply<StockReserved> Handle(ReserveStock command, MessageContext context)
    {
        var left = context.Connection.ExecuteScalar<int?>(
            "UPDATE stock SET quantity = quantity - @Quantity WHERE product = @Product AND quantity >= @Quantity RETURNING quantity",
            command,
            context.Transaction);
        return left is { } quantity
            ? new StockReserved(quantity)
            : new Refusal("OutOfStock", $"There are no {command.Quantity} of '{command.Product}'.");
    }

    // Called only for what was reserved: an undo that comes before its action, or twice, does not get here.
    public Reply<Done> Handle(ReleaseStock command, MessageContext context)
    {
        context.Connection.Execute("UPDATE stock SET quantity = quantity + @Quantity WHERE product = @Product", command, context.Transaction);
        return Done.Instance;
    }
}
