using Skald;

namespace Storefront;

/// <summary>Asks inventory to give an order's stock back. The order's uuid is dead there afterwards.</summary>
[Command("inventory.release", To = Services.Inventory)]
public sealed record ReleaseStock(Guid Uuid, string Reason) : ICommand<StockReleased>;

/// <summary>The stock is free.</summary>
/// <param name="Quantity">How much was given back; 0 when none had been set aside.</param>
public sealed record StockReleased(long Quantity);

/// <summary>Asks orders to cancel an order. Its uuid is dead there afterwards.</summary>
[Command("orders.cancel", To = Services.Orders)]
public sealed record CancelOrder(Guid Uuid, string Reason) : ICommand<OrderClosed>;

/// <summary>The order is cancelled.</summary>
/// <param name="Existed">Whether it had been written down.</param>
public sealed record OrderClosed(bool Existed);

/// <summary>Asks orders to begin anew with the users of the document.</summary>
[Command("orders.data-init", To = Services.Orders)]
public sealed record ResetOrders : ICommand<DataReset>;

/// <summary>Asks inventory to begin anew with the stock of the document.</summary>
[Command("inventory.data-init", To = Services.Inventory)]
public sealed record ResetInventory : ICommand<DataReset>;

/// <summary>Asks payments to forget its invoices.</summary>
[Command("payments.data-init", To = Services.Payments)]
public sealed record ResetPayments : ICommand<DataReset>;

/// <summary>What was deleted and written, a line each; only the first ones if there are very many.</summary>
public sealed record DataReset(IReadOnlyList<string> Lines);
