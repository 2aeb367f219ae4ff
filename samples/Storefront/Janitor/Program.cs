using Skald;
using Storefront.Janitor;

return await ServiceProgram.RunAsync(args, new JanitorModule());
