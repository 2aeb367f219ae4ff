using Skald;

namespace Skald_Saga;

// The names travel between processes and outlive renames of the types.

[Command("stock.reserve", To = Services.Stock)]
public sealed record ReserveStock(string Product, int Quantity) : ICommand<Done>;

[Command("stock.release", To = Services.Stock)]
public sealed record ReleaseStock(string Product, int Quantity) : ICommand<Done>;

[Command("stock.ship", To = Services.Stock)]
public sealed record ShipParcel(string Product, int Quantity) : ICommand<Done>;

[Command("payment.charge", To = Services.Payment)]
public sealed record ChargeCard(string Customer, decimal Amount) : ICommand<CardCharged>;

public sealed record CardCharged(string Receipt);
