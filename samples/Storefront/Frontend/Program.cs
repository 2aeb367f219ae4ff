using Skald;
using Storefront.Frontend;

return await ServiceProgram.RunAsync(args, new FrontendModule());
