using Skald;
using Storefront.Inventory;

return await ServiceProgram.RunAsync(args, new InventoryModule());
