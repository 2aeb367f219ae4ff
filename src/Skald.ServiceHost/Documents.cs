using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Skald.RabbitMq;

namespace Skald.ServiceHost;

/// <summary>The AsyncAPI documents of services: served, and printed by the command <c>asyncapi</c>.</summary>
internal static class Documents
{
    public static void Map(WebApplication app, ServiceModule module, SkaldService service, SkaldSettings settings, bool alone) =>
        app.MapGroup(alone ? "" : $"/{module.System}/{module.Name}").MapAsyncApi(service, Options(module, settings));

    /// <summary>Prints a document. Neither database nor broker is needed for it, and none is opened.</summary>
    public static async Task<int> PrintAsync(ServiceModule module, SkaldSettings settings, bool yaml)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        Hosting.Add(builder, settings, [module], ConsoleDetail.Nothing);
        var host = builder.Build();
        await using var disposal = (IAsyncDisposable)host; // The generic host is; its interface does not say so.

        var document = AsyncApiDocument.Of(host.Services.GetRequiredKeyedService<SkaldService>(module.FullName), Options(module, settings));
        await using var output = Console.OpenStandardOutput();
        await output.WriteAsync(Encoding.UTF8.GetBytes(yaml ? document.Yaml : document.Json));
        return 0;
    }

    private static AsyncApiOptions Options(ServiceModule module, SkaldSettings settings) => new()
    {
        Version = module.Version,
        Servers = settings.BrokerServer is { } server ? [server] : [],
        TopicExchange = RabbitMqOptions.TopicExchange,
        QueueArguments = new RabbitMqOptions().QueueArguments,
    };
}
