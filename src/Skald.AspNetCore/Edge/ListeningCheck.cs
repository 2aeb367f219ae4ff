using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Skald;

/// <summary>A process that listens to the network is told so when it starts; in production it does not start unless it is meant to.</summary>
/// <param name="server">Knows where it listens, whoever has said so.</param>
/// <param name="options">Whether it is meant to.</param>
/// <param name="environment">Where it runs.</param>
/// <param name="logger">Told.</param>
internal sealed class ListeningCheck(IServer server, EdgeOptions options, IHostEnvironment environment, ILogger<ListeningCheck> logger) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var open = (server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []).Where(address => !IsLoopback(address)).ToList();
        if (open is [])
        {
            return Task.CompletedTask;
        }

        var addresses = string.Join(", ", open);
        if (options.IsOpen)
        {
            logger.ListensOpenly(addresses);
        }
        else if (environment.IsProduction())
        {
            throw new InvalidOperationException(
                $"{addresses} can be reached from other machines, and nothing asks who calls. Listen on 127.0.0.1, or say that it is meant to be open (EdgeOptions.IsOpen; --open).");
        }
        else
        {
            logger.OthersAreRefused(addresses);
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Names other than localhost, and the wildcards, mean the network.</summary>
    internal static bool IsLoopback(string address)
    {
        if (address.Contains("://unix:", StringComparison.Ordinal) || address.Contains("://pipe:", StringComparison.Ordinal))
        {
            return true;
        }

        var host = Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.Host.Trim('[', ']') : "";
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));
    }
}
