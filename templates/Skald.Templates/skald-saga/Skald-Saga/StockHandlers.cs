using Dapper;
using Skald;

namespace Skald_Saga;

/// <summary>Keeps the stock. What a handler writes is committed together with its answer, once, however often the command arrives.</summary>
public sealed class StockHandlers
{
    public const string Stock = "CREATE TABLE IF NOT EXISTS stock (product TEXT PRIMARY KEY, quantity INTEGER NOT NULL)";
    public const string Parcels = "CREATE TABLE IF NOT EXISTS parcels (saga_id TEXT PRIMARY KEY, product TEXT NOT NULL, quantity INTEGER NOT NULL)";
    public const string FirstStock = "INSERT INTO stock (product, quantity) VALUES ('tea', 1000), ('coffee', 10) ON CONFLICT DO NOTHING";

    public Reply<Done> Handle(ReserveStock command, MessageContext context)
    {
        var reserved = context.Connection.Execute(
            "UPDATE stock SET quantity = quantity - @Quantity WHERE product = @Product AND quantity >= @Quantity", command, context.Transaction);
        return reserved == 1
            ? Done.Instance
            : new Refusal("OutOfStock", $"There are no {command.Quantity} of '{command.Product}'.");
    }

    // Called only for what was reserved, or may have been: the one who asks need not know.
    public Reply<Done> Handle(ReleaseStock command, MessageContext context)
    {
        context.Connection.Execute("UPDATE stock SET quantity = quantity + @Quantity WHERE product = @Product", command, context.Transaction);
        return Done.Instance;
    }

    public Reply<Done> Handle(ShipParcel command, MessageContext context)
    {
        context.Connection.Execute(
            "INSERT INTO parcels (saga_id, product, quantity) VALUES (@saga, @Product, @Quantity)",
            new { saga = context.SagaId.ToString(), command.Product, command.Quantity },
            context.Transaction);
        return Done.Instance;
    }
}
