using Skald;
using Storefront.Frontend;

return await ServiceProgram.RunAsync(args, new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq(), new FrontendModule());
