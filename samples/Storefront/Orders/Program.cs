using Skald;
using Storefront.Orders;

return await ServiceProgram.RunAsync(args, new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq(), new OrdersModule());
