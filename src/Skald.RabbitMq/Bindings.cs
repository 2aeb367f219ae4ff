using System.Collections.Concurrent;
using RabbitMQ.Client;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// The queues that this process subscribed to topics. A queue that was deleted comes back without its bindings, and so does a
/// broker that lost its disk: what is published would be confirmed and go nowhere. They are bound again with whatever is opened.
/// </summary>
internal sealed class Bindings(RabbitMqOptions options)
{
    private readonly ConcurrentDictionary<(string Topic, string Queue), bool> _all = [];

    /// <exception cref="TransportSetupException">RabbitMQ does not allow it.</exception>
    public async Task AddAsync(IConnection connection, string topic, string queue, CancellationToken cancellationToken)
    {
        await BindAsync(connection, topic, queue, cancellationToken).ConfigureAwait(false);
        _all[(topic, queue)] = true;
    }

    /// <summary>Binds again what belongs to a queue, which exists; or everything.</summary>
    public async Task RestoreAsync(IConnection connection, string? queue, CancellationToken cancellationToken)
    {
        foreach (var bound in _all.Keys.Where(b => queue is null || b.Queue == queue))
        {
            await BindAsync(connection, bound.Topic, bound.Queue, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task BindAsync(IConnection connection, string topic, string queue, CancellationToken cancellationToken)
    {
        await Topology.DeclareAsync(connection, queue, options, cancellationToken).ConfigureAwait(false);
        await Topology.BindAsync(connection, topic, queue, cancellationToken).ConfigureAwait(false);
    }
}
