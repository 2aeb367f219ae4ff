using FoodOrders.Accounting;
using Skald;

return await ServiceProgram.RunAsync(args, new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq(), new AccountingModule());
