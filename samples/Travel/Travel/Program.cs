using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Skald;
using Travel.Cars;
using Travel.Flights;
using Travel.Hotel;
using Travel.Payments;
using Travel.Provider;
using Travel.Trips;

var builder = WebApplication.CreateBuilder(args);
var addresses = new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq();

// All in one process, unless the setting says which of them this one runs.
var run = builder.Configuration["Run"]!.Split(',');
Dictionary<string, Func<AddressBook, IHostApplicationBuilder>> services = new()
{
    ["trips"] = builder.AddTrips,
    ["flights"] = builder.AddFlights,
    ["hotel"] = builder.AddHotel,
    ["cars"] = builder.AddCars,
    ["payments"] = builder.AddPayments,
};
foreach (var service in services.Keys.Intersect(run))
{
    services[service](addresses);
}

builder.Services.AddHealthChecks().AddSkald();
builder.Services.AddSkaldEdge();

// Aspire says where to, and under which name.
if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not null)
{
    builder.Services.AddOpenTelemetry()
        .WithTracing(tracing => tracing.AddSkaldInstrumentation().AddAspNetCoreInstrumentation())
        .WithMetrics(metrics => metrics.AddSkaldInstrumentation())
        .UseOtlpExporter();
}

var app = builder.Build();
app.UseSkaldEdge();
app.MapHealthChecks("/health");
if (run.Contains("trips"))
{
    app.MapTrips();
}

if (run.Contains("provider"))
{
    app.MapProvider();
}

app.Run();
