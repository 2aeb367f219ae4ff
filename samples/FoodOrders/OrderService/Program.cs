using FoodOrders.Orders;
using Skald;

return await ServiceProgram.RunAsync(args, new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq(), new OrderModule());
