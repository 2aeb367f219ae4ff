using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Skald.Hosting;
using Skald.Messaging;

namespace Skald;

/// <summary>Adds Skald to a host.</summary>
public static class SkaldServiceCollectionExtensions
{
    private const int LongestName = 100;

    /// <summary>
    /// Adds a service. Several may live in one host; each is a keyed <see cref="SkaldService"/>, an only one also one without a key, and all start and stop with the host.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="service">The full name, such as <c>food-orders.order</c>: at most 100 lower-case letters, digits, hyphens and dots.</param>
    /// <param name="configure">Says what it is made of.</param>
    /// <exception cref="ArgumentException">The name is not of that form.</exception>
    public static IServiceCollection AddSkald(this IServiceCollection services, string service, Action<SkaldBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (string.IsNullOrEmpty(service) || service.Length > LongestName || service.Any(c => c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '.')))
        {
            throw new ArgumentException($"'{service}' is not a service name: use at most {LongestName} lower-case letters, digits, hyphens and dots, such as 'food-orders.order'.", nameof(service));
        }

        var builder = new SkaldBuilder(service, services);
        configure(builder);
        foreach (var given in builder.Types.Where(given => services.All(d => d.ServiceType != given.Type || d.IsKeyedService)))
        {
            services.AddScoped(given.Type);
            builder.RegisteredTypes.Add(given.Type);
        }

        services.TryAddScoped<CurrentCall>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<InMemoryTransport>();
        services.TryAddSingleton<SkaldServices>();
        services.AddSingleton(new ServiceRegistration(builder));
        services.AddKeyedSingleton(service, (provider, _) => provider.GetRequiredService<SkaldServices>()[service]);
        services.TryAddSingleton(provider => provider.GetRequiredService<SkaldServices>().Only);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<Microsoft.Extensions.Hosting.IHostedService, SkaldHostedService>());
        return services;
    }
}
