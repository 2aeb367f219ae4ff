using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.ServiceHost;

/// <summary>Runs one verb in a process that does not serve.</summary>
internal static class VerbRunner
{
    public static async Task<int> RunAsync(
        ServiceModule module, SkaldSettings settings, Verb verb, IReadOnlyDictionary<string, object?> values, TimeSpan wait, bool json, bool verbose)
    {
        using var stopping = new CancellationTokenSource();
        using var interrupt = StopOn(PosixSignal.SIGINT, stopping);
        using var terminate = StopOn(PosixSignal.SIGTERM, stopping);

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        Hosting.Add(builder, settings, [module], verbose ? ConsoleDetail.Everything : ConsoleDetail.Nothing);
        var host = builder.Build();
        await using var disposal = (IAsyncDisposable)host; // The generic host is; its interface does not say so.

        var service = host.Services.GetRequiredKeyedService<SkaldService>(module.FullName);
        await service.OpenWithoutServingAsync(stopping.Token);
        var context = new VerbContext(values, service, wait, host.Services.GetRequiredService<TimeProvider>(), stopping.Token);
        return await PrintAsync(await verb.Handler(context), json);
    }

    private static async Task<int> PrintAsync(object? result, bool json)
    {
        var outcome = result as VerbOutcome ?? new VerbOutcome(result, 0);
        await Console.Out.WriteAsync(json ? Rendering.Document(outcome.Value) : Rendering.Text(outcome.Value));
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
