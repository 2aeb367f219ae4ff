namespace Storefront.Frontend;

/// <summary>Where an order stands. It only goes forward, in this order.</summary>
public enum OrderStatus
{
    /// <summary>Taken by the frontend.</summary>
    Placed = 0,

    /// <summary>Its stock is set aside.</summary>
    StockReserved = 1,

    /// <summary>Complete. Final.</summary>
    Paid = 2,

    /// <summary>Undone. Final.</summary>
    Cancelled = 3,
}

/// <summary>Words for <see cref="OrderStatus"/>.</summary>
public static class OrderStatusWords
{
    /// <summary>The word used on the wire and on screens.</summary>
    public static string Word(this OrderStatus status) => status switch
    {
        OrderStatus.Placed => "placed",
        OrderStatus.StockReserved => "stock_reserved",
        OrderStatus.Paid => "paid",
        _ => "cancelled",
    };
}
