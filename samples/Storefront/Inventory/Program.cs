using Skald;
using Storefront.Inventory;

return await ServiceProgram.RunAsync(args, new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq(), new InventoryModule());
