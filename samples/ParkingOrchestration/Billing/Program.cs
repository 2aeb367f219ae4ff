using ParkingOrchestration.Billing;
using Skald;

return await ServiceProgram.RunAsync(args, new BillingModule());
