using System.Globalization;
using Skald.Messaging;
using Skald.Messaging.Tables;

namespace Skald.PostgreSql;

/// <summary>
/// A broker in a PostgreSQL schema. Any process takes what nobody has; what a dead process had is taken over. Where it shares
/// a database with a store, messages are written and deleted with the transaction of who sends or handles them.
/// </summary>
internal sealed class PostgresBroker : ITransport
{
    private readonly BrokerQueues _queues;
    private readonly BrokerWriter _writer;
    private List<PublishedBatch> _unchecked = [];
    private BrokerTopology _topology = BrokerTopology.Unknown;
    private bool _topologyIsDoubtful = true;

    public PostgresBroker(PostgresAddress address, PostgreSqlOptions options)
    {
        Address = address;
        _writer = new BrokerWriter(this, options);
        _queues = new BrokerQueues(_writer, name => new PostgresQueue(name));
    }

    public PostgresAddress Address { get; }

    public string? Problem => _writer.Problem;

    public Task StartAsync(CancellationToken cancellationToken) => _writer.StartAsync(cancellationToken);

    public async Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        if (messages.Count == 0)
        {
            return;
        }

        var topology = await KnowTopologyAsync(messages, cancellationToken).ConfigureAwait(false);
        await KnowQueuesAsync(messages, cancellationToken).ConfigureAwait(false);
        var copies = Copies(messages, topology, null);
        if (topology is null)
        {
            await SendAsync(copies, cancellationToken).ConfigureAwait(false);
            return;
        }

        var latest = await PublishAsync(copies, cancellationToken).ConfigureAwait(false);
        if (latest != topology && Copies(messages, latest, topology) is { Count: > 0 } missed)
        {
            await SendAsync(missed, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task CreateTopicAsync(string topic, CancellationToken cancellationToken) => _writer.Catalog.AddTopicAsync(topic, null, cancellationToken);

    public async Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken)
    {
        await _writer.Catalog.AddTopicAsync(topic, queue, cancellationToken).ConfigureAwait(false);
        lock (_queues.Lock)
        {
            _topologyIsDoubtful = true;
        }
    }

    public Task<IReadOnlyList<Topic>> TopicsAsync(CancellationToken cancellationToken) => _writer.Catalog.TopicsAsync(cancellationToken);

    public async Task<ISubscription> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken)
    {
        await KnowQueuesAsync([queue], cancellationToken).ConfigureAwait(false);
        return _queues.Consume(queue, window, deliver);
    }

    public async ValueTask DisposeAsync()
    {
        await _queues.GiveAllBackAsync().ConfigureAwait(false);
        await _writer.DisposeAsync().ConfigureAwait(false);
    }

    // --- For a store in the same database.

    /// <summary>Prepares what a unit of work receives and sends, and reserves the room of local consumers.</summary>
    public async ValueTask<BrokerExchange> BeginExchangeAsync(List<Delivery> received, List<OutgoingMessage> sending, CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        var topology = await KnowTopologyAsync(sending, cancellationToken).ConfigureAwait(false);
        await KnowQueuesAsync(sending, cancellationToken).ConfigureAwait(false);
        var copies = Copies(sending, topology, null);
        var ids = await _writer.Ids.ReserveAsync(copies.Count, cancellationToken).ConfigureAwait(false);
        lock (_queues.Lock)
        {
            var inDatabase = received.OfType<BrokerMessage>().Where(m => m.State == BrokerMessageState.Written).ToList();
            var messages = new List<BrokerMessage>(copies.Count);
            for (var i = 0; i < copies.Count; i++)
            {
                var message = new BrokerMessage(ids[i], copies[i].Message, copies[i].Queue, null) { State = BrokerMessageState.Writing };
                message.IsForAnyone = !_queues.TryHold(message);
                messages.Add(message);
            }

            return new BrokerExchange(this, _writer.Sql, _writer.Owner, inDatabase, messages, topology);
        }
    }

    public void EndExchange(BrokerExchange exchange, bool committed)
    {
        var urgent = false;
        List<BrokerMessage> handedOver = [];
        lock (_queues.Lock)
        {
            // It may be why the commit failed.
            _topologyIsDoubtful |= !committed && exchange.PublishedBy is not null;
            foreach (var message in committed ? exchange.Received : [])
            {
                message.State = BrokerMessageState.Finished;
            }

            foreach (var message in exchange.Sending)
            {
                message.State = BrokerMessageState.Written;
                if (message.IsForAnyone)
                {
                    var here = committed && message.Queue.IsConsumed;
                    message.Queue.HasBacklog |= here;
                    urgent |= here;
                }
                else if (committed && message.IsHeld)
                {
                    handedOver.Add(message);
                }
                else
                {
                    // Its consumer has gone, or the commit failed - as far as is known: if the row is there, it is for anyone.
                    _queues.Return(message);
                    urgent = true;
                }
            }
        }

        if (urgent)
        {
            _writer.Wake(urgent: true);
        }

        BrokerQueues.Deliver(handedOver);
    }

    // --- For the writer, which calls these between its transactions.

    /// <summary>Something may have come, or was missed: for one queue, or for all.</summary>
    public void WakeUp(string? queueId = null)
    {
        lock (_queues.Lock)
        {
            foreach (var queue in Queues)
            {
                if (queueId is null || queue.Id.ToString(CultureInfo.InvariantCulture) == queueId)
                {
                    queue.WakeUp();
                }
            }
        }
    }

    /// <summary>The time until a sleeping queue has to be looked at.</summary>
    public TimeSpan? Nap()
    {
        lock (_queues.Lock)
        {
            TimeSpan? least = null;
            foreach (var queue in Queues)
            {
                if (queue.IsConsumed && queue.NapLeft is { } left && (least is null || left < least))
                {
                    least = left;
                }
            }

            return least;
        }
    }

    /// <summary>What has to be written, taken and looked for now.</summary>
    public WriteBatch Collect(bool everything)
    {
        lock (_queues.Lock)
        {
            var wanted = _queues.Wanted().ConvertAll(w => new Want((PostgresQueue)w.Queue, w.Count));
            var batch = new WriteBatch(_queues.Collect(everything), wanted, _unchecked, _topology);
            _unchecked = [];
            return batch;
        }
    }

    /// <summary>The transaction with these is committed.</summary>
    /// <param name="batch">What was written.</param>
    /// <param name="topology">The latest, if it was looked for and is not the one that was known.</param>
    /// <param name="taken">What was taken of each queue.</param>
    public void Written(WriteBatch batch, BrokerTopology? topology, IReadOnlyList<List<BrokerMessage>> taken)
    {
        var held = new List<BrokerMessage>();
        lock (_queues.Lock)
        {
            _topology = topology ?? _topology;
            _queues.Written(batch.Writes);
            for (var i = 0; i < taken.Count; i++)
            {
                var want = batch.Wanted[i];
                _queues.Took(want.Queue, want.Count, taken[i], held);
                want.Queue.Looked(want.FallsAsleep);
            }
        }

        foreach (var sender in batch.Unchecked)
        {
            sender.Topology = topology ?? batch.Topology;
            sender.Confirm();
        }

        BrokerQueues.Deliver(held);
    }

    /// <summary>The transaction with these failed: they are written with the next one.</summary>
    public void NotWritten(WriteBatch batch)
    {
        lock (_queues.Lock)
        {
            _queues.NotWritten(batch.Writes);
            _unchecked.AddRange(batch.Unchecked);
        }
    }

    public bool HasMoreToDo
    {
        get
        {
            lock (_queues.Lock)
            {
                return Queues.Any(q => q.FallsAsleep && q.IsConsumed);
            }
        }
    }

    private IEnumerable<PostgresQueue> Queues => _queues.All.Cast<PostgresQueue>();

    private async Task SendAsync(List<(OutgoingMessage Message, BrokerQueue Queue)> copies, CancellationToken cancellationToken)
    {
        var batch = new SendBatch(copies.Count);
        _queues.Send(await MessagesAsync(copies, batch, cancellationToken).ConfigureAwait(false));
        await batch.Done.ConfigureAwait(false);
    }

    /// <summary>Sends copies of what is published.</summary>
    /// <returns>The topology at a moment since.</returns>
    private async Task<BrokerTopology> PublishAsync(List<(OutgoingMessage Message, BrokerQueue Queue)> copies, CancellationToken cancellationToken)
    {
        var batch = new PublishedBatch(copies.Count);
        var messages = await MessagesAsync(copies, batch, cancellationToken).ConfigureAwait(false);
        lock (_queues.Lock)
        {
            _unchecked.Add(batch);
        }

        _queues.Send(messages);
        _writer.Wake(urgent: true);
        await batch.Done.ConfigureAwait(false);
        return batch.Topology;
    }

    private async ValueTask<List<BrokerMessage>> MessagesAsync(List<(OutgoingMessage Message, BrokerQueue Queue)> copies, SendBatch batch, CancellationToken cancellationToken)
    {
        var ids = await _writer.Ids.ReserveAsync(copies.Count, cancellationToken).ConfigureAwait(false);
        var messages = new List<BrokerMessage>(copies.Count);
        for (var i = 0; i < copies.Count; i++)
        {
            messages.Add(new BrokerMessage(ids[i], copies[i].Message, copies[i].Queue, batch));
        }

        return messages;
    }

    /// <summary>Each message with the queue it goes to: what is published once for every subscription, the rest once.</summary>
    private List<(OutgoingMessage Message, BrokerQueue Queue)> Copies(IReadOnlyList<OutgoingMessage> messages, BrokerTopology? topology, BrokerTopology? before)
    {
        var copies = new List<(OutgoingMessage, BrokerQueue)>(messages.Count);
        lock (_queues.Lock)
        {
            foreach (var message in messages)
            {
                foreach (var (name, id) in (topology ?? BrokerTopology.Unknown).Queues(message.Envelope, before))
                {
                    var queue = _queues[name];
                    // The topology says it; of queues that are sent to directly it is known already.
                    queue.Id = queue.Id == 0 ? id : queue.Id;
                    copies.Add((message, queue));
                }
            }
        }

        return copies;
    }

    /// <summary>What is known of the subscriptions; null when nothing is published.</summary>
    private async ValueTask<BrokerTopology?> KnowTopologyAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        if (!messages.Any(m => m.Envelope.Published))
        {
            return null;
        }

        lock (_queues.Lock)
        {
            if (!_topologyIsDoubtful)
            {
                return _topology;
            }
        }

        var latest = await _writer.Catalog.TopologyAsync(cancellationToken).ConfigureAwait(false);
        lock (_queues.Lock)
        {
            (_topology, _topologyIsDoubtful) = (latest, false);
        }

        return latest;
    }

    private Task KnowQueuesAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        List<string>? unknown = null;
        lock (_queues.Lock)
        {
            foreach (var message in messages)
            {
                if (!message.Envelope.Published && _queues[message.Envelope.Destination].Id == 0)
                {
                    (unknown ??= []).Add(message.Envelope.Destination);
                }
            }
        }

        return unknown is null ? Task.CompletedTask : KnowQueuesAsync(unknown, cancellationToken);
    }

    private async Task KnowQueuesAsync(List<string> names, CancellationToken cancellationToken)
    {
        foreach (var (name, id) in await _writer.Catalog.QueueIdsAsync([.. names.Distinct()], cancellationToken).ConfigureAwait(false))
        {
            lock (_queues.Lock)
            {
                _queues[name].Id = id;
            }
        }
    }
}

/// <summary>Messages to take from a queue.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Count">The most.</param>
internal sealed record Want(PostgresQueue Queue, int Count)
{
    /// <summary>Whether to tell the others first that this process is about to sleep.</summary>
    public bool FallsAsleep { get; } = Queue.FallsAsleep;
}

/// <summary>What one transaction of the broker writes and takes.</summary>
/// <param name="Writes">To write.</param>
/// <param name="Wanted">The queues to take messages from.</param>
/// <param name="Unchecked">Who has published, and waits to know whether the topology still holds.</param>
/// <param name="Topology">The one that is known.</param>
internal sealed record WriteBatch(BrokerWrites Writes, List<Want> Wanted, List<PublishedBatch> Unchecked, BrokerTopology Topology)
{
    public bool IsEmpty => Writes.IsEmpty && Wanted.Count + Unchecked.Count == 0;
}

/// <summary>What one call publishes: it counts one more than its copies, the look at the topology.</summary>
internal sealed class PublishedBatch(int count) : SendBatch(count + 1)
{
    /// <summary>The latest, as it was when the sender's was compared with it. Set before the last confirmation.</summary>
    public BrokerTopology Topology { get; set; } = BrokerTopology.Unknown;
}
