namespace Skald.Messaging;

/// <summary>A transport within one process, for tests. What is queued dies with it.</summary>
public sealed class InMemoryTransport : ITransport, ITopicCatalog
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, QueueState> _queues = [];
    private readonly SortedDictionary<string, SortedSet<string>> _topics = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public TransportDescription Description => TransportDescription.Embedded;

    /// <inheritdoc/>
    public string? Problem => null;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(messages);
        foreach (var message in messages)
        {
            foreach (var queue in Queues(message.Envelope))
            {
                lock (_lock)
                {
                    queue.Waiting.Enqueue(new QueuedDelivery(message));
                }

                Pump(queue);
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task CreateTopicAsync(string topic, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _topics.TryAdd(topic, new SortedSet<string>(StringComparer.Ordinal));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken)
    {
        await CreateTopicAsync(topic, cancellationToken);
        lock (_lock)
        {
            _topics[topic].Add(queue);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Topic>> TopicsAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<Topic>>([.. _topics.Select(t => new Topic(t.Key, [.. t.Value]))]);
        }
    }

    /// <inheritdoc/>
    public Task<IAsyncDisposable> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken)
    {
        var state = Queue(queue);
        var subscription = new Subscription(this, state, window, deliver);
        lock (_lock)
        {
            state.Consumers.Add(subscription);
        }

        Pump(state);
        return Task.FromResult<IAsyncDisposable>(subscription);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private IReadOnlyList<QueueState> Queues(Envelope envelope)
    {
        if (!envelope.Published)
        {
            return [Queue(envelope.Destination)];
        }

        lock (_lock)
        {
            return _topics.TryGetValue(envelope.Destination, out var queues) ? [.. queues.Select(Queue)] : [];
        }
    }

    private QueueState Queue(string name)
    {
        lock (_lock)
        {
            return _queues.TryGetValue(name, out var queue) ? queue : _queues[name] = new QueueState();
        }
    }

    private void Pump(QueueState queue)
    {
        while (true)
        {
            Subscription? consumer;
            QueuedDelivery? delivery;
            lock (_lock)
            {
                // The least busy consumer takes the next message, so that several share the work.
                consumer = queue.Consumers.Where(c => c.Open.Count < c.Window).MinBy(c => c.Open.Count);
                if (consumer is null || !queue.Waiting.TryDequeue(out delivery))
                {
                    return;
                }

                delivery.Consumer = consumer;
                consumer.Open.Add(delivery);
            }

            consumer.Deliver(delivery);
        }
    }

    private sealed class QueueState
    {
        public Queue<QueuedDelivery> Waiting { get; } = [];

        public List<Subscription> Consumers { get; } = [];
    }

    private sealed class QueuedDelivery(OutgoingMessage message) : Delivery(message.Envelope, message.Body)
    {
        public OutgoingMessage Message => message;

        public Subscription? Consumer { get; set; }

        public override bool ComesAgain => false;

        protected override IAcknowledgements? Acknowledgements => Consumer;
    }

    private sealed class Subscription(InMemoryTransport transport, QueueState queue, int window, Action<Delivery> deliver) : IAcknowledgements, IAsyncDisposable
    {
        public int Window => window;

        public HashSet<QueuedDelivery> Open { get; } = [];

        public void Deliver(Delivery delivery) => deliver(delivery);

        public void Acknowledge(IReadOnlyList<Delivery> deliveries)
        {
            lock (transport._lock)
            {
                Open.ExceptWith(deliveries.OfType<QueuedDelivery>());
            }

            transport.Pump(queue);
        }

        public ValueTask DisposeAsync()
        {
            lock (transport._lock)
            {
                queue.Consumers.Remove(this);
                foreach (var delivery in Open)
                {
                    // Another one: who had this one may still acknowledge it.
                    queue.Waiting.Enqueue(new QueuedDelivery(delivery.Message));
                }

                Open.Clear();
            }

            transport.Pump(queue);
            return ValueTask.CompletedTask;
        }
    }
}
