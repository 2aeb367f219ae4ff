using FoodOrders.Accounting;
using Skald;

return await ServiceProgram.RunAsync(args, new AccountingModule());
