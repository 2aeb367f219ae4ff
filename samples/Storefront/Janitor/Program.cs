using Skald;
using Storefront.Janitor;

return await ServiceProgram.RunAsync(args, new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq(), new JanitorModule());
