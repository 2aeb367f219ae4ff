using FoodOrders.Consumers;
using Skald;

return await ServiceProgram.RunAsync(args, new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq(), new ConsumerModule());
