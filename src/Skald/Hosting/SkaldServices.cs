using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Skald.Diagnostics;
using Skald.Hosting;
using Skald.Runtime;

namespace Skald.Hosting
{
    internal sealed record ServiceRegistration(SkaldBuilder Builder);

    /// <summary>
    /// Starts and stops the services with the host. Messages are consumed only when the host has started as a whole: a handler
    /// may call the process's own HTTP address. Requests that come before are taken, and go on then.
    /// </summary>
    internal sealed class SkaldHostedService(SkaldServices services) : IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken) => UnlessStoppedAsync(services.OpenAsync, cancellationToken);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => UnlessStoppedAsync(services.ServeAsync, cancellationToken);


        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => services.StopAsync(cancellationToken);

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        private static async Task UnlessStoppedAsync(Func<CancellationToken, Task> begin, CancellationToken cancellationToken)
        {
            try
            {
                await begin(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The host is to stop before it has started as a whole: that is no failure, and it stops what there is.
            }
        }
    }
}

namespace Skald
{
    /// <summary>The services of this process.</summary>
    public sealed class SkaldServices : IAsyncDisposable, IDisposable
    {
        private readonly Lazy<IReadOnlyDictionary<string, SkaldService>> _services;
        private readonly Lazy<AsyncServiceScope> _definitions;

        /// <summary>Made by the container.</summary>
        public SkaldServices(IServiceProvider provider)
        {
            _definitions = new(() => DefinitionScope(provider));
            _services = new(() => Build(provider, _definitions.Value.ServiceProvider));
        }

        /// <summary>A service by its full name.</summary>
        /// <exception cref="SagaDefinitionException">Some definition in this process makes no sense; lists every problem.</exception>
        public SkaldService this[string name] => _services.Value.GetValueOrDefault(name)
            ?? throw new ArgumentException($"No service '{name}' was added to this process. There are: {string.Join(", ", _services.Value.Keys)}.", nameof(name));

        /// <summary>The only one.</summary>
        /// <exception cref="InvalidOperationException">There are several.</exception>
        internal SkaldService Only => _services.Value.Count == 1 ? _services.Value.Values.Single() : throw new InvalidOperationException(
            $"This process has several services: {string.Join(", ", _services.Value.Keys)}. Say which one: [FromKeyedServices(\"{_services.Value.Keys.First()}\")] SkaldService.");

        /// <summary>All of them.</summary>
        public IEnumerable<SkaldService> All => _services.Value.Values;

        /// <summary>Opens the databases of all of them, without consuming messages yet.</summary>
        /// <exception cref="SagaDefinitionException">Some definition makes no sense; lists every problem, and nothing is opened.</exception>
        public async Task OpenAsync(CancellationToken cancellationToken)
        {
            foreach (var service in _services.Value.Values)
            {
                await service.Engine.StartAsync(serve: false, cancellationToken);
            }
        }

        /// <summary>Starts all of them; they consume messages and fire timers from now on.</summary>
        /// <exception cref="SagaDefinitionException">Some definition makes no sense; lists every problem, and nothing is started.</exception>
        public async Task ServeAsync(CancellationToken cancellationToken)
        {
            foreach (var service in _services.Value.Values)
            {
                await service.Engine.StartAsync(serve: true, cancellationToken);
                service.Engine.Logger.Serving(service.Name, service.Engine.Store.Description);
            }
        }

        /// <summary>Stops them; what was begun is finished and committed.</summary>
        /// <param name="cancellationToken">Ends the wait for code that does not return; what it had in hand comes again.</param>
        public async Task StopAsync(CancellationToken cancellationToken = default)
        {
            if (_services.IsValueCreated)
            {
                var stopping = StopAllAsync([.. _services.Value.Values.Select(s => s.Engine)]);
                await stopping.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (stopping.IsCompleted)
                {
                    await stopping;
                }
            }
        }

        private static async Task StopAllAsync(List<ServiceEngine> engines)
        {
            await Task.WhenAll(engines.Select(engine => engine.StopAsync()));
            if (engines.TrueForAll(engine => engine.HasSentAll))
            {
                // Together: what one of them has sent may be in another's memory.
                await Task.WhenAll(engines.Select(engine => engine.LeaveAsync()));
            }
        }

        /// <summary>As <see cref="DisposeAsync"/>, for containers that are disposed of without waiting.</summary>
        public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            if (_services.IsValueCreated)
            {
                foreach (var service in _services.Value.Values)
                {
                    await service.Engine.DisposeAsync();
                    await service.Engine.Store.DisposeAsync();
                }

                foreach (var transport in _services.Value.Values.Select(s => s.Engine.Transport).Distinct())
                {
                    await transport.DisposeAsync();
                }
            }

            if (_definitions.IsValueCreated)
            {
                await _definitions.Value.DisposeAsync();
            }
        }

        private static AsyncServiceScope DefinitionScope(IServiceProvider provider)
        {
            var scope = provider.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<CurrentCall>().HasNoTransaction = true;
            return scope;
        }

        private static Dictionary<string, SkaldService> Build(IServiceProvider provider, IServiceProvider definitions)
        {
            var problems = new List<string>();
            var parts = new Dictionary<string, ServiceParts>();
            foreach (var registration in provider.GetServices<ServiceRegistration>())
            {
                if (!parts.TryAdd(registration.Builder.Service, new ServiceParts(registration.Builder, provider, definitions, problems)))
                {
                    problems.Add(ErrorCodes.ServiceTwice(registration.Builder.Service));
                }
            }

            foreach (var service in parts.Values)
            {
                foreach (var other in parts.Values)
                {
                    service.CheckAgainst(other, problems);
                }
            }

            // Stores and transports are made of options that are known to make sense.
            ThrowIfAny(problems);
            var services = parts.ToDictionary(p => p.Key, p => p.Value.Assemble());
            foreach (var service in services.Values)
            {
                NameChecks.Check(service.Describe(), service.Engine.Transport.Description.Limits, problems);
            }

            ThrowIfAny(problems);
            return services;
        }

        private static void ThrowIfAny(List<string> problems)
        {
            if (problems.Count > 0)
            {
                throw new SagaDefinitionException([.. problems.Distinct()]);
            }
        }
    }
}
