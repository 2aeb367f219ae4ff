using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.ServiceHost;

/// <summary>The AsyncAPI documents of services: served, and printed by the command <c>asyncapi</c>.</summary>
internal static class Documents
{
    public static void Map(WebApplication app, ServiceModule module, SkaldService service, SkaldSettings settings, bool alone) =>
        app.MapGroup(alone ? "" : $"/{module.System}/{module.Name}").MapAsyncApi(service, Options(module, service, settings));

    /// <summary>Prints a document. Neither database nor broker is needed for it, and none is opened.</summary>
    public static async Task<int> PrintAsync(ServiceModule module, SkaldSettings settings, bool yaml)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        Hosting.Add(builder, settings, [module], ConsoleDetail.Nothing);
        var host = builder.Build();
        await using var disposal = (IAsyncDisposable)host; // The generic host is; its interface does not say so.

        var service = host.Services.GetRequiredKeyedService<SkaldService>(module.FullName);
        var document = AsyncApiDocument.Of(service, Options(module, service, settings));
        await using var output = Console.OpenStandardOutput();
        await output.WriteAsync(Encoding.UTF8.GetBytes(yaml ? document.Yaml : document.Json));
        return 0;
    }

    /// <summary>
    /// Where only Skald reads the messages, the document says how they would look on the first kind of broker on which others may
    /// read them as well: that is what a participant in another language is written against.
    /// </summary>
    private static AsyncApiOptions Options(ServiceModule module, SkaldService service, SkaldSettings settings) => new()
    {
        Version = module.Version,
        Wire = service.Transport.Description.Wire ?? settings.Addresses.Schemes.Select(s => s.Wire).FirstOrDefault(w => w is not null),
    };
}
