using Skald;

namespace Skald_Service;

// What sagas ask this service; they have the same records. The names travel, and outlive renames of the types.

[Command("stock.reserve", To = "service-name")]
public sealed record ReserveStock(string Product, int Quantity) : ICommand<StockReserved>;

[Command("stock.release", To = "service-name")]
public sealed record ReleaseStock(string Product, int Quantity) : ICommand<Done>;

public sealed record StockReserved(int Left);
