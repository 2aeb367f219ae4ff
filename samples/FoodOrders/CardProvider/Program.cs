using FoodOrders.CardProvider;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Skald;

// The provider as a process of its own: dotnet run --project CardProvider [-- --urls http://127.0.0.1:5090 --folder cards --open true]
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddSkaldEdge(new EdgeOptions { IsOpen = bool.TryParse(builder.Configuration["open"], out var open) && open });
builder.Services.AddCardProvider();
var app = builder.Build();
app.UseSkaldEdge();
app.MapCardProvider(new CardLedger(app.Configuration["folder"] ?? ".card-provider", TimeProvider.System));
if (app.Urls.Count == 0 && app.Configuration["urls"] is null)
{
    app.Urls.Add("http://127.0.0.1:5090");
}

await app.StartAsync();
Console.WriteLine($"The card provider listens on {string.Join(", ", app.Urls)}. Stop it with Ctrl+C.");
await app.WaitForShutdownAsync();
