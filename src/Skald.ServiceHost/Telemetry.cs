using System.Collections;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Skald.ServiceHost;

/// <summary>Traces, metrics and logs by OTLP, as soon as the standard variables name somebody who takes them.</summary>
internal static class Telemetry
{
    private const string EndpointPrefix = "OTEL_EXPORTER_OTLP_";
    private const string EndpointSuffix = "ENDPOINT";
    private const string NameVariable = "OTEL_SERVICE_NAME";
    private const string AttributesVariable = "OTEL_RESOURCE_ATTRIBUTES";

    /// <summary>Does nothing unless a variable such as <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.</summary>
    public static void Add(IHostApplicationBuilder builder, IReadOnlyList<ServiceModule> modules)
    {
        if (!IsWanted())
        {
            return;
        }

        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => Name(resource, modules))
            .WithTracing(tracing => tracing.AddSkaldInstrumentation().AddSource("System.Net.Http").AddAspNetCoreInstrumentation())
            .WithMetrics(metrics => metrics.AddSkaldInstrumentation().AddMeter("Npgsql", "System.Net.Http", "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel"))
            .WithLogging(configureBuilder: null, options => options.IncludeScopes = true)
            .UseOtlpExporter();
    }

    private static bool IsWanted() =>
        !string.Equals(Environment.GetEnvironmentVariable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase)
        && Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Any(variable =>
            variable is { Key: string name, Value: string { Length: > 0 } }
            && name.StartsWith(EndpointPrefix, StringComparison.Ordinal) && name.EndsWith(EndpointSuffix, StringComparison.Ordinal));

    private static void Name(ResourceBuilder resource, IReadOnlyList<ServiceModule> modules)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(NameVariable)) && Environment.GetEnvironmentVariable(AttributesVariable)?.Contains("service.name=", StringComparison.Ordinal) != true)
        {
            resource.AddService(modules is [var alone] ? alone.FullName : Assembly.GetEntryAssembly()?.GetName().Name ?? "skald");
        }
    }
}
