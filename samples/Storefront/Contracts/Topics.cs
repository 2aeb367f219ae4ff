namespace Storefront;

/// <summary>The topics, as the original names them.</summary>
public static class Topics
{
    /// <summary>Placed orders.</summary>
    public const string Frontend = "frontend";

    /// <summary>Orders that are written down.</summary>
    public const string OrderCreated = "order-created";

    /// <summary>Orders whose stock is set aside.</summary>
    public const string InventoryUpdated = "inventory-updated";

    /// <summary>Complete orders.</summary>
    public const string PaymentCreated = "payment-created";

    /// <summary>Orders that one of the services refused.</summary>
    public const string Error = "error";

    /// <summary>Orders that are undone.</summary>
    public const string OrderCancelled = "order-cancelled";
}
