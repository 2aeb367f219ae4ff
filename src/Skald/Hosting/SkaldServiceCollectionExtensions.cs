using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Skald.Diagnostics;
using Skald.EventSourcing;
using Skald.Hosting;
using Skald.Messaging;
using Skald.Runtime;

namespace Skald;

/// <summary>Adds Skald to a host.</summary>
public static class SkaldServiceCollectionExtensions
{
    /// <summary>
    /// Adds a service. Several may live in one host; each is a keyed <see cref="SkaldService"/>, and all start and stop with the host.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="service">The full name, such as <c>food-orders.order</c>: lower-case words, hyphens and dots.</param>
    /// <param name="configure">Says what it is made of.</param>
    /// <exception cref="ArgumentException">The name is not of that form.</exception>
    public static IServiceCollection AddSkald(this IServiceCollection services, string service, Action<SkaldBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (string.IsNullOrEmpty(service) || service.Any(c => c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '.')))
        {
            throw new ArgumentException($"'{service}' is not a service name: use lower-case letters, digits, hyphens and dots, such as 'food-orders.order'.", nameof(service));
        }

        var builder = new SkaldBuilder(service, services);
        configure(builder);
        foreach (var type in builder.Sagas.Concat(builder.Handlers).Concat(builder.Flows).Concat(builder.Aggregates).Concat(builder.Projections.Select(p => p.Type)))
        {
            services.TryAddSingleton(type);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<InMemoryTransport>();
        services.TryAddSingleton<SkaldServices>();
        services.AddSingleton(new ServiceRegistration(builder));
        services.AddKeyedSingleton(service, (provider, _) => provider.GetRequiredService<SkaldServices>()[service]);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<Microsoft.Extensions.Hosting.IHostedService, SkaldHostedService>());
        return services;
    }

    internal static SkaldService Build(this ServiceRegistration registration, IServiceProvider provider, List<string> problems)
    {
        var builder = registration.Builder;
        var handlers = new HandlerTable(builder.Service);
        foreach (var type in builder.Handlers)
        {
            handlers.Add(type, () => provider.GetRequiredService(type), problems);
        }

        var sagas = builder.Sagas.Select(type => (Saga)provider.GetRequiredService(type));
        var flows = builder.Flows.Distinct().Select(type => (Flow)provider.GetRequiredService(type));
        var events = new EventRouting(builder.Service, flows, builder.Published, handlers, problems);
        var model = new EngineModel(builder.Service, sagas, handlers, events, problems);
        var logger = (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("Skald." + builder.Service);
        var stored = new AggregateModel(builder.Service, builder.Aggregates.Select(type => (Aggregate)provider.GetRequiredService(type)), problems);
        var projections = builder.Projections.Select(p => ((Projection)provider.GetRequiredService(p.Type), p.Builder)).ToList();
        ProjectionSet.Check(builder.Service, stored, projections, problems);
        var engine = new ServiceEngine(
            model, builder.Store(provider), builder.Transport(provider), builder.Options,
            provider.GetRequiredService<TimeProvider>(), logger, new MessageSerializer(builder.Resolvers));
        if (problems.Count == 0)
        {
            NameChecks.Check(ServiceDescription.Of(model), engine.Transport.Description.Limits, problems);
        }

        engine.UseEvents(stored, problems.Count > 0 ? [] : projections, provider);
        return new SkaldService(engine);
    }
}
