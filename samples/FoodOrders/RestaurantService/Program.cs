using FoodOrders.Restaurants;
using Skald;

return await ServiceProgram.RunAsync(args, new RestaurantModule());
