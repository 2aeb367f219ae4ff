using FoodOrders.Orders;
using Skald;

return await ServiceProgram.RunAsync(args, new OrderModule());
