using Skald;
using Storefront.Payments;

return await ServiceProgram.RunAsync(args, new PaymentsModule());
