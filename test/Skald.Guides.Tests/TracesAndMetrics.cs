using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

// docs/guides/traces-and-metrics.md, and the trace of docs/guides/your-first-saga.md
namespace Skald.Guides.TracesAndMetrics;

public static class Registrations
{
    public static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddOpenTelemetry()
            .WithTracing(tracing => tracing.AddSkaldInstrumentation().AddAspNetCoreInstrumentation())
            .WithMetrics(metrics => metrics.AddSkaldInstrumentation())
            .UseOtlpExporter();
    }

    public static void AddToConsole(WebApplicationBuilder builder)
    {
        builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSkaldInstrumentation().AddAspNetCoreInstrumentation().AddConsoleExporter());
    }
}

public sealed class Telemetry_of_your_own_host
{
    [Fact]
    public async Task Can_be_exported_both_ways()
    {
        foreach (var add in new[] { Registrations.Add, Registrations.AddToConsole })
        {
            var builder = WebApplication.CreateSlimBuilder();
            add(builder);
            await using var app = builder.Build();
            Assert.NotNull(app.Services.GetRequiredService<TracerProvider>());
        }
    }
}
