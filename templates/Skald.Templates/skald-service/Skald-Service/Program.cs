using Skald;
using Skald_Service;

const string Name = "service-name";

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSkald(Name, skald => skald
//#if (sqlite)
    .UseSqlite(Setting("Store")).UseSqliteBroker(Setting("Broker"))
//#else
    .UsePostgreSql(Setting("Skald")).UsePostgreSqlBroker(Setting("Skald"))
//#endif
    .AddHandlers<StockHandlers>()
    .AddSchema(StockHandlers.Stock)
    .AddSchema(StockHandlers.FirstStock));

// Limits and headers for all requests. Other machines are refused until EdgeOptions.IsOpen says otherwise.
builder.Services.AddSkaldEdge();

var app = builder.Build();
app.UseSkaldEdge();

var service = app.Services.GetRequiredKeyedService<SkaldService>(Name);
app.MapStock(service);
app.MapAsyncApi(service);
app.MapGet("/health", () => service.Problem is null ? Results.Ok() : Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
app.Run();

string Setting(string name) =>
    builder.Configuration.GetConnectionString(name) ?? throw new InvalidOperationException($"There is no ConnectionStrings:{name} in the settings.");
