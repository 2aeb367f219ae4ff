using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.ServiceHost;

/// <summary>Runs one verb in a process that does not serve.</summary>
internal static class VerbRunner
{
    public static Task<int> RunAsync(
        ServiceModule module, SkaldSettings settings, Verb verb, IReadOnlyDictionary<string, object?> values, TimeSpan wait, bool json, bool verbose) =>
        InHostAsync(module, settings, verbose, async (services, service, cancellationToken) =>
        {
            await service.OpenWithoutServingAsync(cancellationToken);
            var result = await verb.Handler(new VerbContext(values, service, wait, services.GetRequiredService<TimeProvider>(), cancellationToken) { Services = services });
            return await PrintAsync(result, json, new Rendering([module]));
        });

    /// <summary>Makes the service, unopened, for as long as the code runs. The token is cancelled by Ctrl+C.</summary>
    public static Task<int> InServiceAsync(ServiceModule module, SkaldSettings settings, bool verbose, Func<SkaldService, TimeProvider, CancellationToken, Task<int>> run) =>
        InHostAsync(module, settings, verbose, (services, service, cancellationToken) => run(service, services.GetRequiredService<TimeProvider>(), cancellationToken));

    private static async Task<int> InHostAsync(
        ServiceModule module, SkaldSettings settings, bool verbose, Func<IServiceProvider, SkaldService, CancellationToken, Task<int>> run)
    {
        using var stopping = new CancellationTokenSource();
        using var interrupt = StopOn(PosixSignal.SIGINT, stopping);
        using var terminate = StopOn(PosixSignal.SIGTERM, stopping);

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        Hosting.Add(builder, settings, [module], verbose ? ConsoleDetail.Everything : ConsoleDetail.Nothing);
        var host = builder.Build();
        await using var disposal = (IAsyncDisposable)host; // The generic host is; its interface does not say so.
        return await run(host.Services, host.Services.GetRequiredKeyedService<SkaldService>(module.FullName), stopping.Token);
    }

    public static async Task<int> PrintAsync(object? result, bool json, Rendering rendering)
    {
        var outcome = result as VerbOutcome ?? new VerbOutcome(result, 0);
        await Console.Out.WriteAsync(json ? rendering.Document(outcome.Value) : rendering.Text(outcome.Value));
        if (outcome.Error is not null)
        {
            await Console.Error.WriteLineAsync(outcome.Error);
        }

        return outcome.ExitCode;
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stopping) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        stopping.Cancel();
    });
}
