using System.Net.Sockets;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Skald.Management;

namespace Skald.ServiceHost;

/// <summary>Runs services until they are stopped.</summary>
internal static class Server
{
    public static async Task<int> RunAsync(ProgramOptions? options, SkaldSettings settings, IReadOnlyList<ServiceModule> modules, string? urls, EdgeOptions edge, bool verbose)
    {
        urls ??= options?.DefaultUrl ?? (modules is [var alone] ? DefaultUrls(alone) : null);
        var detail = verbose ? ConsoleDetail.Everything : ConsoleDetail.Warnings;
        var host = urls is null ? WithoutHttp(settings, modules, detail) : WithHttp(options, settings, modules, detail, urls, edge);
        await using var disposal = (IAsyncDisposable)host; // Both kinds of host are; their interface does not say so.

        await StartAsync(host, urls);
        Banner.Print(options, new ProgramFacts(settings, modules, host.Services.GetRequiredService<SkaldServices>()), [.. (host as WebApplication)?.Urls ?? []]);
        await host.WaitForShutdownAsync();
        return 0;
    }

    private static string? DefaultUrls(ServiceModule module)
    {
        var ports = ((int?[])[module.DefaultPort, module.DocumentPort]).OfType<int>().ToList();
        return ports.Count == 0 ? null : string.Join(';', ports.Select(port => $"http://127.0.0.1:{port}"));
    }

    private static async Task StartAsync(IHost host, string? urls)
    {
        try
        {
            await host.StartAsync();
        }
        catch (Exception exception) when (exception is SocketException or FormatException or ArgumentOutOfRangeException { ParamName: "port" })
        {
            throw new RefusedException($"Cannot listen on '{urls}': {exception.Message.TrimEnd('.')}. Choose another address with --urls.");
        }
    }

    private static IHost WithoutHttp(SkaldSettings settings, IReadOnlyList<ServiceModule> modules, ConsoleDetail detail)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        Hosting.Add(builder, settings, modules, detail);
        Telemetry.Add(builder, modules);
        return builder.Build();
    }

    private static WebApplication WithHttp(
        ProgramOptions? options, SkaldSettings settings, IReadOnlyList<ServiceModule> modules, ConsoleDetail detail, string urls, EdgeOptions edge)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        AddEdge(builder.Services, edge);
        builder.Services.ConfigureHttpJsonOptions(o => AddJson(o.SerializerOptions.TypeInfoResolverChain, modules));
        builder.Services.AddHostedService<MemoryAtRest>().AddSingleton<IMemoryPoolFactory<byte>, ConnectionBuffers>();
        Hosting.Add(builder, settings, modules, detail);
        Telemetry.Add(builder, modules);
        var app = builder.Build();
        app.UseSkaldEdge();

        var facts = new ProgramFacts(settings, modules, app.Services.GetRequiredService<SkaldServices>());
        HealthEndpoints.Map(app, facts);
        app.MapSkaldStyle();
        foreach (var module in modules)
        {
            Mount(app, module, facts.Services[module.FullName], alone: modules.Count == 1);
            Documents.Map(app, module, facts.Services[module.FullName], settings, alone: modules.Count == 1);
        }

        foreach (var system in modules.GroupBy(m => m.System))
        {
            FlowEndpoints.Map(app, modules.Count == 1 ? "" : "/" + system.Key, [.. system.Select(m => facts.Services[m.FullName])]);
        }

        app.MapSkald(options: new SkaldManagementOptions
        {
            LocalOnly = true,
            AsyncApi = name => modules is [_] ? "/asyncapi" : modules.Where(module => module.FullName == name).Select(module => $"/{module.System}/{module.Name}/asyncapi").FirstOrDefault(),
        });
        options?.Map(app, facts);
        return app;
    }

    /// <summary>Before what the framework has.</summary>
    private static void AddJson(IList<IJsonTypeInfoResolver> chain, IReadOnlyList<ServiceModule> modules)
    {
        foreach (var resolver in HostJson.After(modules).Reverse())
        {
            chain.Insert(0, resolver);
        }
    }

    private static void AddEdge(IServiceCollection services, EdgeOptions edge)
    {
        try
        {
            services.AddSkaldEdge(edge);
        }
        catch (ArgumentOutOfRangeException exception) when (exception.ParamName == nameof(EdgeOptions.Hosts))
        {
            throw new UsageException($"--hosts takes names such as shop.example or *.shop.example, not '{exception.ActualValue}'.");
        }
    }

    private static void Mount(WebApplication app, ServiceModule module, SkaldService service, bool alone)
    {
        module.Map(app.MapGroup(alone ? "" : "/" + module.RoutePrefix), service);
        HealthEndpoints.MapPaths(app.MapGroup(alone ? "" : $"/{module.System}/{module.Name}"), module);
    }
}
