using System.Collections.Concurrent;

namespace Skald.RabbitMq;

/// <summary>One transport per broker and process, shared by all services in it.</summary>
internal sealed class RabbitTransports
{
    private readonly ConcurrentDictionary<string, RabbitTransport> _transports = new();

    public RabbitTransport Get(string uri, RabbitMqOptions options, TimeProvider time) =>
        _transports.GetOrAdd(uri, address => new RabbitTransport(address, options, time));
}
