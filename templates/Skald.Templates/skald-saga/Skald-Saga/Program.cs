using Skald;
using Skald_Saga;

var builder = WebApplication.CreateBuilder(args);
var data = builder.Configuration["Data"] ?? "data";

// One process here; each may as well be a process of its own, on the same broker.
AddService(Services.Order, order => order
    .AddSaga<PlaceOrderSaga>());
AddService(Services.Stock, stock => stock
    .AddHandlers<StockHandlers>()
    .AddSchema(StockHandlers.Stock)
    .AddSchema(StockHandlers.Parcels)
    .AddSchema(StockHandlers.FirstStock));
AddService(Services.Payment, payment => payment
    .AddHandlers<PaymentHandlers>()
    .AddSchema(PaymentHandlers.Charges));

// Limits and headers for all requests. Other machines are refused until EdgeOptions.IsOpen says otherwise.
builder.Services.AddSkaldEdge();

var app = builder.Build();
app.UseSkaldEdge();
app.MapOrders();
app.Run();

void AddService(string name, Action<SkaldBuilder> configure) => builder.Services.AddSkald(name, skald =>
    configure(skald.UseSqlite(Path.Combine(data, $"{name}.db")).UseSqliteBroker(Path.Combine(data, "broker.db"))));
