using Skald;
using Storefront.Orders;

return await ServiceProgram.RunAsync(args, new OrdersModule());
