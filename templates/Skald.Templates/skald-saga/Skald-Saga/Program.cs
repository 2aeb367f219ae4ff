using Skald;
using Skald_Saga;

var builder = WebApplication.CreateBuilder(args);

// The kinds of databases and brokers that the settings may name; see "Skald" in appsettings.json.
var addresses = new AddressBook().AddSqlite();

// One process here; each may as well be a process of its own, on the same broker.
builder.AddSkald(Services.Order, addresses, order => order
    .AddSaga<PlaceOrderSaga>());
builder.AddSkald(Services.Stock, addresses, stock => stock
    .AddHandlers<StockHandlers>()
    .AddSchema(StockHandlers.Stock)
    .AddSchema(StockHandlers.Parcels)
    .AddSchema(StockHandlers.FirstStock));
builder.AddSkald(Services.Payment, addresses, payment => payment
    .AddHandlers<PaymentHandlers>()
    .AddSchema(PaymentHandlers.Charges));
builder.Services.AddHealthChecks().AddSkald();

// Limits and headers for all requests. Other machines are refused until EdgeOptions.IsOpen says otherwise.
builder.Services.AddSkaldEdge();

var app = builder.Build();
app.UseSkaldEdge();
app.MapHealthChecks("/health");
app.MapOrders();
app.Run();
