using Skald;
using Storefront.Payments;

return await ServiceProgram.RunAsync(args, new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq(), new PaymentsModule());
