using System.Collections.Concurrent;
using RabbitMQ.Client;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// The queues that this process subscribed to topics. A queue that was deleted comes back without its bindings, and so does a
/// broker that lost its disk: what is published would be confirmed and go nowhere. They are bound again with whatever is opened.
/// </summary>
internal sealed class Bindings(RabbitMqOptions options, Topology topology)
{
    public Topology Topology => topology;

    private readonly ConcurrentDictionary<(string Topic, string Queue), bool> _all = [];

    /// <exception cref="TransportSetupException">RabbitMQ does not allow it.</exception>
    public async Task AddAsync(IConnection connection, string topic, string queue, CancellationToken cancellationToken)
    {
        await topology.DeclareAsync(connection, queue, cancellationToken).ConfigureAwait(false);
        await topology.BindAsync(connection, [topic], queue, cancellationToken).ConfigureAwait(false);
        _all[(topic, queue)] = true;
    }

    /// <summary>Declares a queue for its consumer.</summary>
    /// <exception cref="TransportSetupException">RabbitMQ does not allow it.</exception>
    public async Task DeclareConsumedAsync(IConnection connection, string queue, CancellationToken cancellationToken)
    {
        await DeclareAsync(connection, queue, cancellationToken).ConfigureAwait(false);
        await (options.MessagesPerParcel > 1
            ? topology.TakeParcelsAsync(connection, queue, cancellationToken)
            : topology.RefuseParcelsAsync(connection, queue, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Declares a queue, with its bindings to topics.</summary>
    /// <exception cref="TransportSetupException">RabbitMQ does not allow it.</exception>
    public async Task DeclareAsync(IConnection connection, string queue, CancellationToken cancellationToken)
    {
        await topology.DeclareAsync(connection, queue, cancellationToken).ConfigureAwait(false);
        if (_all.Keys.Where(b => b.Queue == queue).Select(b => b.Topic).ToList() is { Count: > 0 } topics)
        {
            await topology.BindAsync(connection, topics, queue, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Declares the exchange, and every queue that is bound to it.</summary>
    /// <exception cref="TransportSetupException">RabbitMQ does not allow it.</exception>
    public async Task DeclareTopicsAsync(IConnection connection, CancellationToken cancellationToken)
    {
        await topology.DeclareTopicsAsync(connection, cancellationToken).ConfigureAwait(false);
        foreach (var queue in _all.Keys.Select(b => b.Queue).Distinct().ToList())
        {
            await DeclareAsync(connection, queue, cancellationToken).ConfigureAwait(false);
        }
    }
}
