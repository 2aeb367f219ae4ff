using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Skald.ServiceHost;

/// <summary>How much of the log people see.</summary>
internal enum ConsoleDetail
{
    /// <summary>A verb says what went wrong itself.</summary>
    Nothing,

    /// <summary>What somebody should look at.</summary>
    Warnings,

    /// <summary>All from information upwards.</summary>
    Everything,
}

/// <summary>What a host needs to run services, whether it serves or not.</summary>
internal static class Hosting
{
    public static void Add(IHostApplicationBuilder builder, SkaldSettings settings, IReadOnlyList<ServiceModule> modules, ConsoleDetail detail)
    {
        builder.Logging.ClearProviders();
        if (detail != ConsoleDetail.Nothing)
        {
            // Standard output is for results.
            builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
            builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
            builder.Logging.SetMinimumLevel(detail == ConsoleDetail.Everything ? LogLevel.Information : LogLevel.Warning);
        }

        if (detail == ConsoleDetail.Warnings)
        {
            // A start that fails is told in one line by the program itself, not with these categories' stack traces.
            builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
            builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.None);
        }

        // Hosts of verbs, and those without HTTP, begin with no settings at all; a service's own options are bound to them.
        builder.Configuration.AddEnvironmentVariables();
        builder.Services.AddSingleton(settings);
        foreach (var module in modules)
        {
            builder.Services.AddSkald(module.FullName, skald =>
            {
                settings.Apply(skald, module);
                module.Configure(skald);
            });
        }
    }
}
