using FoodOrders.Consumers;
using Skald;

return await ServiceProgram.RunAsync(args, new ConsumerModule());
