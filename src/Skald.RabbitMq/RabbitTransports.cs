using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Skald.RabbitMq;

/// <summary>One transport per broker, way of using it and process, shared by the services in it.</summary>
internal sealed class RabbitTransports
{
    private readonly ConcurrentDictionary<(string Uri, RabbitMqOptions Options), RabbitTransport> _transports = new();

    public RabbitTransport Get(string uri, RabbitMqOptions options, TimeProvider time, ILogger logger) =>
        _transports.GetOrAdd((uri, options), of => new RabbitTransport(of.Uri, of.Options, time, logger));
}
