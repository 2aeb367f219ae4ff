using System.Globalization;
using Skald.Messaging;

namespace Skald.PostgreSql;

/// <summary>
/// A broker in a PostgreSQL schema. Any process takes what nobody has; what a dead process had is taken over. A message for
/// a consumer in this process is handed over in memory: written with its sender's transaction where both share a database,
/// otherwise written only if it is not handled soon, for until then its sender's saga or outbox row keeps it safe.
/// </summary>
internal sealed class PostgresBroker : ITransport
{
    // Small bites, taken when the last is nearly eaten: several processes share a queue fairly.
    private const int Bite = 200;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, BrokerQueue> _queues = [];
    private readonly BrokerWriter _writer;
    private List<BrokerMessage> _unwritten = [];
    private List<SendBatch> _unchecked = [];
    private BrokerTopology _topology = BrokerTopology.Unknown;
    private bool _topologyIsDoubtful = true;
    private List<long> _acknowledged = [];
    private List<(long Id, BrokerQueue Queue)> _returned = [];

    public PostgresBroker(PostgresAddress address, PostgreSqlOptions options)
    {
        Address = address;
        _writer = new BrokerWriter(this, options);
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
        if (await SendAsync(Copies(messages, topology, null), topology is not null, cancellationToken).ConfigureAwait(false) is { } latest && latest != topology
            && Copies(messages, latest, topology) is { Count: > 0 } missed)
        {
            await SendAsync(missed, false, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task CreateTopicAsync(string topic, CancellationToken cancellationToken) => _writer.AddTopicAsync(topic, null, cancellationToken);

    public async Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken)
    {
        await _writer.AddTopicAsync(topic, queue, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            _topologyIsDoubtful = true;
        }
    }

    public Task<IReadOnlyList<Topic>> TopicsAsync(CancellationToken cancellationToken) => _writer.TopicsAsync(cancellationToken);

    public async Task<ISubscription> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken)
    {
        await KnowQueuesAsync([queue], cancellationToken).ConfigureAwait(false);
        BrokerSubscription subscription;
        lock (_lock)
        {
            var state = Queue(queue);
            subscription = new BrokerSubscription(this, state, window, deliver);
            state.Consumers.Add(subscription);
            // What was sent before is in the database, or on its way there.
            state.HasBacklog = true;
        }

        _writer.Wake(urgent: true);
        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        List<BrokerSubscription> open;
        lock (_lock)
        {
            open = [.. _queues.Values.SelectMany(q => q.Consumers)];
        }

        foreach (var subscription in open)
        {
            await GiveBackAsync(subscription).ConfigureAwait(false);
        }

        await _writer.DisposeAsync().ConfigureAwait(false);
    }

    public void Acknowledge(BrokerSubscription subscription, IReadOnlyList<Delivery> deliveries)
    {
        var (urgent, toWrite) = (false, false);
        List<SendBatch?>? confirmed = null;
        lock (_lock)
        {
            foreach (var message in deliveries.Cast<BrokerMessage>())
            {
                if (!subscription.Open.Remove(message))
                {
                    // Given back before: another consumer has it now, or will.
                    continue;
                }

                message.Holder = null;
                switch (message.State)
                {
                    case BrokerMessageState.Unwritten:
                        message.State = BrokerMessageState.Finished;
                        (confirmed ??= []).Add(message.Sender);
                        break;
                    case BrokerMessageState.Writing:
                        message.State = BrokerMessageState.Finished;
                        break;
                    case BrokerMessageState.Written:
                        _acknowledged.Add(message.Id);
                        toWrite = true;
                        break;
                }
            }

            urgent = subscription.Queue.HasBacklog || subscription.Queue.FallsAsleep;
        }

        confirmed?.ForEach(sender => sender?.Confirm());
        if (urgent || toWrite)
        {
            _writer.Wake(urgent);
        }
    }

    /// <summary>What a consumer has not acknowledged is for whoever takes it first.</summary>
    public ValueTask GiveBackAsync(BrokerSubscription subscription)
    {
        lock (_lock)
        {
            subscription.Queue.Consumers.Remove(subscription);
            foreach (var message in subscription.Open)
            {
                message.Holder = null;
                if (message.State is BrokerMessageState.Written or BrokerMessageState.Writing)
                {
                    _returned.Add((message.Id, message.Queue));
                }
            }

            subscription.Open.Clear();
            subscription.Queue.HasBacklog = true;
        }

        return new ValueTask(_writer.FlushAsync());
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
        lock (_lock)
        {
            var inDatabase = received.OfType<BrokerMessage>().Where(m => m.State == BrokerMessageState.Written).ToList();
            var messages = new List<BrokerMessage>(copies.Count);
            for (var i = 0; i < copies.Count; i++)
            {
                var message = new BrokerMessage(ids[i], copies[i].Message.Envelope, copies[i].Message.Body, copies[i].Queue, null) { State = BrokerMessageState.Writing };
                if (!message.Queue.HasBacklog && message.Queue.WithMostRoom() is { } consumer)
                {
                    consumer.Hold(message);
                }

                message.IsForAnyone = message.Holder is null;
                messages.Add(message);
            }

            return new BrokerExchange(this, _writer.Sql, _writer.Owner, inDatabase, messages, topology);
        }
    }

    public void EndExchange(BrokerExchange exchange, bool committed)
    {
        var urgent = false;
        List<BrokerMessage> handedOver = [];
        lock (_lock)
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
                    var here = committed && message.Queue.Consumers.Count > 0;
                    message.Queue.HasBacklog |= here;
                    urgent |= here;
                }
                else if (committed && message.Holder is not null)
                {
                    handedOver.Add(message);
                }
                else
                {
                    // Its consumer has gone, or the commit failed - as far as is known: if the row is there, it is for anyone.
                    message.Holder?.Open.Remove(message);
                    message.Holder = null;
                    _returned.Add((message.Id, message.Queue));
                    urgent = true;
                }
            }
        }

        if (urgent)
        {
            _writer.Wake(urgent: true);
        }

        Deliver(handedOver);
    }

    // --- For the writer, which calls these between its transactions.

    /// <summary>Something may have come, or was missed: for one queue, or for all.</summary>
    public void WakeUp(string? queueId = null)
    {
        lock (_lock)
        {
            foreach (var queue in _queues.Values)
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
        lock (_lock)
        {
            TimeSpan? least = null;
            foreach (var queue in _queues.Values)
            {
                if (queue.Consumers.Count > 0 && queue.NapLeft is { } left && (least is null || left < least))
                {
                    least = left;
                }
            }

            return least;
        }
    }

    /// <summary>What has to be written now. Messages handed over in memory wait a little, in case they need not be written at all.</summary>
    public WriteBatch Collect(bool everything)
    {
        lock (_lock)
        {
            var write = new List<BrokerMessage>();
            var keep = new List<BrokerMessage>();
            foreach (var message in _unwritten)
            {
                if (message.State == BrokerMessageState.Finished)
                {
                    continue;
                }

                if (everything || message.Holder is null)
                {
                    message.State = BrokerMessageState.Writing;
                    message.IsForAnyone = message.Holder is null;
                    write.Add(message);
                }
                else
                {
                    keep.Add(message);
                }
            }

            _unwritten = keep;
            var batch = new WriteBatch(write, _acknowledged, _returned, Wanted(), _unchecked, _topology);
            _acknowledged = [];
            _returned = [];
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
        var deliver = new List<BrokerMessage>();
        lock (_lock)
        {
            _topology = topology ?? _topology;
            foreach (var message in batch.Messages)
            {
                if (message.State == BrokerMessageState.Finished)
                {
                    _acknowledged.Add(message.Id);
                }
                else
                {
                    message.State = BrokerMessageState.Written;
                    message.Queue.HasBacklog |= message.IsForAnyone && message.Queue.Consumers.Count > 0;
                }
            }

            for (var i = 0; i < taken.Count; i++)
            {
                Took(batch.Wanted[i], taken[i], deliver);
            }
        }

        foreach (var message in batch.Messages)
        {
            message.Sender?.Confirm();
        }

        foreach (var sender in batch.Unchecked)
        {
            sender.Topology = topology ?? batch.Topology;
            sender.Confirm();
        }

        Deliver(deliver);
    }

    /// <summary>The transaction with these failed: they are written with the next one.</summary>
    public void NotWritten(WriteBatch batch)
    {
        lock (_lock)
        {
            foreach (var message in batch.Messages)
            {
                if (message.State == BrokerMessageState.Finished)
                {
                    message.Sender?.Confirm();
                    _acknowledged.Add(message.Id);
                    continue;
                }

                message.State = BrokerMessageState.Unwritten;
                _unwritten.Add(message);
            }

            _acknowledged.AddRange(batch.Acknowledged);
            _returned.AddRange(batch.Returned);
            _unchecked.AddRange(batch.Unchecked);
        }
    }

    private void Took(Want want, List<BrokerMessage> messages, List<BrokerMessage> deliver)
    {
        var queue = want.Queue;
        // Fewer than asked for: the database has no more. What was written in this transaction was there to be taken.
        queue.HasBacklog = messages.Count == want.Count;
        foreach (var message in messages)
        {
            message.State = BrokerMessageState.Written;
            if (queue.WithMostRoom() is { } consumer)
            {
                consumer.Hold(message);
                deliver.Add(message);
            }
            else
            {
                _returned.Add((message.Id, queue));
                queue.HasBacklog = true;
            }
        }

        if (want.FallsAsleep || queue.Asleep)
        {
            queue.SleepOn();
        }
        else if (!queue.HasBacklog)
        {
            queue.FallsAsleep = true;
        }
    }

    /// <summary>The queues whose consumers have room for messages that the database may hold.</summary>
    private List<Want> Wanted()
    {
        var wanted = new List<Want>();
        foreach (var queue in _queues.Values)
        {
            var look = queue.HasBacklog || queue.FallsAsleep || queue.NapLeft <= TimeSpan.Zero;
            if (!look || queue.Consumers.Count == 0)
            {
                continue;
            }

            var room = queue.Consumers.Max(c => c.Room);
            var held = queue.Consumers.Sum(c => c.Open.Count);
            if (room > 0 && held <= Bite / 2)
            {
                wanted.Add(new Want(queue, Math.Min(room, Bite), queue.FallsAsleep));
            }
        }

        return wanted;
    }

    public bool HasMoreToDo
    {
        get
        {
            lock (_lock)
            {
                return _queues.Values.Any(q => q.FallsAsleep && q.Consumers.Count > 0);
            }
        }
    }

    private static void Deliver(List<BrokerMessage> messages)
    {
        foreach (var message in messages)
        {
            // Held since the lock was taken; a consumer that has left meanwhile gets nothing more.
            message.Holder?.Deliver(message);
        }
    }

    /// <summary>Sends copies, each to one queue.</summary>
    /// <returns>The latest topology, if it was to be looked for.</returns>
    private async Task<BrokerTopology?> SendAsync(List<(OutgoingMessage Message, BrokerQueue Queue)> copies, bool looksForTopology, CancellationToken cancellationToken)
    {
        var ids = await _writer.Ids.ReserveAsync(copies.Count, cancellationToken).ConfigureAwait(false);
        var batch = new SendBatch(copies.Count + (looksForTopology ? 1 : 0));
        var urgent = looksForTopology;
        List<BrokerMessage>? handedOver = null;
        lock (_lock)
        {
            if (looksForTopology)
            {
                _unchecked.Add(batch);
            }

            for (var i = 0; i < copies.Count; i++)
            {
                var message = new BrokerMessage(ids[i], copies[i].Message.Envelope, copies[i].Message.Body, copies[i].Queue, batch);
                _unwritten.Add(message);
                if (!message.Queue.HasBacklog && message.Queue.WithMostRoom() is { } consumer)
                {
                    consumer.Hold(message);
                    (handedOver ??= []).Add(message);
                }
                else
                {
                    urgent = true;
                }
            }
        }

        _writer.Wake(urgent);
        if (handedOver is not null)
        {
            // Even beside urgent ones: if their consumer takes long, they are written when they have waited enough.
            _writer.Wake(urgent: false);
            Deliver(handedOver);
        }

        await batch.Done.ConfigureAwait(false);
        return batch.Topology;
    }

    /// <summary>Each message with the queue it goes to: what is published once for every subscription, the rest once.</summary>
    private List<(OutgoingMessage Message, BrokerQueue Queue)> Copies(IReadOnlyList<OutgoingMessage> messages, BrokerTopology? topology, BrokerTopology? before)
    {
        var copies = new List<(OutgoingMessage, BrokerQueue)>(messages.Count);
        lock (_lock)
        {
            foreach (var message in messages)
            {
                foreach (var (name, id) in (topology ?? BrokerTopology.Unknown).Queues(message.Envelope, before))
                {
                    var queue = Queue(name);
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

        lock (_lock)
        {
            if (!_topologyIsDoubtful)
            {
                return _topology;
            }
        }

        var latest = await _writer.TopologyAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            (_topology, _topologyIsDoubtful) = (latest, false);
        }

        return latest;
    }

    private Task KnowQueuesAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        List<string>? unknown = null;
        lock (_lock)
        {
            foreach (var message in messages)
            {
                if (!message.Envelope.Published && Queue(message.Envelope.Destination).Id == 0)
                {
                    (unknown ??= []).Add(message.Envelope.Destination);
                }
            }
        }

        return unknown is null ? Task.CompletedTask : KnowQueuesAsync(unknown, cancellationToken);
    }

    private async Task KnowQueuesAsync(List<string> names, CancellationToken cancellationToken)
    {
        foreach (var (name, id) in await _writer.QueueIdsAsync([.. names.Distinct()], cancellationToken).ConfigureAwait(false))
        {
            lock (_lock)
            {
                Queue(name).Id = id;
            }
        }
    }

    private BrokerQueue Queue(string name) => _queues.TryGetValue(name, out var queue) ? queue : _queues[name] = new BrokerQueue(name);
}

/// <summary>Messages to take from a queue.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Count">The most.</param>
/// <param name="FallsAsleep">Whether to tell the others first that this process is about to sleep.</param>
internal sealed record Want(BrokerQueue Queue, int Count, bool FallsAsleep);

/// <summary>What one transaction of the broker writes and takes.</summary>
/// <param name="Messages">To insert.</param>
/// <param name="Acknowledged">To delete.</param>
/// <param name="Returned">To free for whoever takes them first.</param>
/// <param name="Wanted">The queues to take messages from.</param>
/// <param name="Unchecked">Who has published, and waits to know whether the topology still holds.</param>
/// <param name="Topology">The one that is known.</param>
internal sealed record WriteBatch(
    List<BrokerMessage> Messages, List<long> Acknowledged, List<(long Id, BrokerQueue Queue)> Returned, List<Want> Wanted, List<SendBatch> Unchecked, BrokerTopology Topology)
{
    public bool IsEmpty => Messages.Count + Acknowledged.Count + Returned.Count + Wanted.Count + Unchecked.Count == 0;
}
