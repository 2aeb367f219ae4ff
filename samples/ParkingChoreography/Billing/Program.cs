using ParkingChoreography.Billing;
using Skald;

return await ServiceProgram.RunAsync(args, new BillingModule());
