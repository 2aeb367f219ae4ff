using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Skald.RabbitMq;

namespace Skald;

/// <summary>Runs a service on RabbitMQ.</summary>
public static class SkaldRabbitMqExtensions
{
    /// <summary>Carries the service's messages through RabbitMQ; its queues are created when missing.</summary>
    /// <param name="builder">The service.</param>
    /// <param name="uri">Such as <c>amqp://user:password@host:5672/vhost</c>; <c>amqps</c> for TLS.</param>
    /// <param name="options">How it is used; the defaults are durable.</param>
    public static SkaldBuilder UseRabbitMq(this SkaldBuilder builder, string uri, RabbitMqOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(uri);
        var used = (options ?? new RabbitMqOptions()).Checked(builder.Ranges(nameof(RabbitMqOptions)));
        builder.Services.TryAddSingleton<RabbitTransports>();
        return builder.UseTransport(provider =>
            provider.GetRequiredService<RabbitTransports>().Get(uri, used, provider.GetRequiredService<TimeProvider>(), Logger(provider)));
    }

    private static ILogger Logger(IServiceProvider provider) => (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("Skald.RabbitMq");
}
