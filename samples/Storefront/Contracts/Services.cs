namespace Storefront;

/// <summary>The services' names.</summary>
public static class Services
{
    /// <summary>The name of the whole.</summary>
    public const string System = "storefront";

    /// <summary>Takes orders.</summary>
    public const string Frontend = "frontend";

    /// <summary>Knows the users.</summary>
    public const string Orders = "orders";

    /// <summary>Knows the stock.</summary>
    public const string Inventory = "inventory";

    /// <summary>Writes invoices.</summary>
    public const string Payments = "payments";

    /// <summary>Has undone what failed.</summary>
    public const string Janitor = "janitor";
}
