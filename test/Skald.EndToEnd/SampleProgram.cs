using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.EndToEnd;

/// <summary>A route that a program serves.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Pattern">Its pattern, such as <c>/orders/{id}</c>.</param>
internal sealed record Route(string Method, string Pattern)
{
    public override string ToString() => $"{Method} {Pattern}";
}

/// <summary>A sample's main program, run in this process on a free port: what it maps can be asked of it.</summary>
internal sealed class SampleProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly IHost _host;
    private readonly Task<int> _main;

    private SampleProgram(IHost host, Task<int> main) => (_host, _main) = (host, main);

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.First() ?? "");

    /// <summary>All that it has mapped, in alphabetical order. A route that takes every method is called <c>ANY</c>.</summary>
    public IReadOnlyList<Route> Routes =>
    [
        .. _host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(e => (e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["ANY"]).Select(method => new Route(method, "/" + e.RoutePattern.RawText?.TrimStart('/'))))
            .OrderBy(route => route.Pattern, StringComparer.Ordinal).ThenBy(route => route.Method, StringComparer.Ordinal),
    ];

    /// <summary>Runs the main program of an assembly, and returns when it has started.</summary>
    public static async Task<SampleProgram> StartAsync(string assembly, params IEnumerable<string> args)
    {
        var main = Assembly.Load(assembly).EntryPoint ?? throw new InvalidOperationException($"{assembly} is no program.");
        using var watch = new HostWatch();
        var running = Task.Factory.StartNew(
            () =>
            {
                watch.IsMine.Value = true;
                return main.Invoke(null, [(string[])[.. args, "--urls", "http://127.0.0.1:0"]]) as int? ?? 0;
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(watch.Built, running).WaitAsync(Patience);
        var host = watch.Built.IsCompleted ? await watch.Built : throw new InvalidOperationException($"{assembly} ended with {await running} and without serving.");
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(started.SetResult);
        await (await Task.WhenAny(started.Task, running).WaitAsync(Patience));
        return new SampleProgram(host, running);
    }

    public async ValueTask DisposeAsync()
    {
        _host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await _main.WaitAsync(Patience);
    }

    /// <summary>Hosts say that they are built; this is for those that are built within one main program, and not for those of tests that run beside it.</summary>
    private sealed class HostWatch : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        private readonly TaskCompletionSource<IHost> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<IDisposable> _subscriptions = [];

        public HostWatch() => _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

        public AsyncLocal<bool> IsMine { get; } = new();

        public Task<IHost> Built => _built.Task;

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting")
            {
                lock (_subscriptions)
                {
                    _subscriptions.Add(value.Subscribe(this));
                }
            }
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (IsMine.Value && value is { Key: "HostBuilt", Value: IHost host })
            {
                _built.TrySetResult(host);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void Dispose()
        {
            lock (_subscriptions)
            {
                _subscriptions.ForEach(subscription => subscription.Dispose());
            }
        }
    }
}
