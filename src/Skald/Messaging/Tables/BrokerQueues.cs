namespace Skald.Messaging.Tables;

/// <summary>
/// What one process holds of a broker whose messages are rows of a database. A message for a consumer in this process is
/// handed over in memory, and written only if it is not dealt with soon: until then its sender's rows keep it safe.
/// Everything else goes through the database, where any process takes it.
/// </summary>
/// <param name="writer">Writes the rows.</param>
/// <param name="make">Makes a queue of this name.</param>
/// <remarks>Safe for use by many threads. Consumers are called outside the lock.</remarks>
public sealed class BrokerQueues(IBrokerWriter writer, Func<string, BrokerQueue> make)
{
    // Small bites, taken when the last is nearly eaten: several processes share a queue fairly.
    private const int Bite = 200;

    private readonly Dictionary<string, BrokerQueue> _queues = [];
    private List<BrokerMessage> _unwritten = [];
    private List<long> _acknowledged = [];
    private List<BrokerMessage> _returned = [];

    /// <summary>Held by every method for itself; to be taken around several calls that belong together.</summary>
    public Lock Lock { get; } = new();

    /// <summary>The queues that were named so far. To be walked under <see cref="Lock"/>.</summary>
    public IEnumerable<BrokerQueue> All => _queues.Values;

    /// <summary>The queue of this name.</summary>
    public BrokerQueue this[string name]
    {
        get
        {
            lock (Lock)
            {
                return _queues.TryGetValue(name, out var queue) ? queue : _queues[name] = make(name);
            }
        }
    }

    /// <summary>Begins to consume a queue in this process.</summary>
    /// <param name="queue">Its full name.</param>
    /// <param name="window">How many messages may be unacknowledged at once.</param>
    /// <param name="deliver">Called for each message.</param>
    public ISubscription Consume(string queue, int window, Action<Delivery> deliver)
    {
        BrokerSubscription subscription;
        lock (Lock)
        {
            subscription = new BrokerSubscription(this, this[queue], window, deliver);
            subscription.Queue.Consumers.Add(subscription);
            // What was sent before is in the database, or on its way there.
            subscription.Queue.HasBacklog = true;
        }

        writer.Wake(urgent: true);
        return subscription;
    }

    /// <summary>Ends every consumption: what is not acknowledged is for whoever takes it first.</summary>
    public async Task GiveAllBackAsync()
    {
        List<BrokerSubscription> open;
        lock (Lock)
        {
            open = [.. _queues.Values.SelectMany(q => q.Consumers)];
        }

        foreach (var subscription in open)
        {
            await GiveBackAsync(subscription).ConfigureAwait(false);
        }
    }

    /// <summary>Hands messages over in memory where a consumer has room and nothing came before them; the rest is written at once.</summary>
    public void Send(IReadOnlyList<BrokerMessage> messages)
    {
        var urgent = false;
        List<BrokerMessage>? handedOver = null;
        lock (Lock)
        {
            foreach (var message in messages)
            {
                _unwritten.Add(message);
                if (TryHold(message))
                {
                    (handedOver ??= []).Add(message);
                }
                else
                {
                    urgent = true;
                }
            }
        }

        if (urgent)
        {
            writer.Wake(urgent: true);
        }

        if (handedOver is not null)
        {
            // Even beside urgent ones: if their consumer takes long, they are written when they have waited enough.
            writer.Wake(urgent: false);
            Deliver(handedOver);
        }
    }

    /// <summary>Gives a message to the local consumer with the most room, unless others wait before it. It is not delivered yet.</summary>
    /// <returns>False when it is for whoever takes it first.</returns>
    public bool TryHold(BrokerMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        lock (Lock)
        {
            if (message.Queue.HasBacklog || message.Queue.WithMostRoom() is not { } consumer)
            {
                return false;
            }

            consumer.Hold(message);
            return true;
        }
    }

    /// <summary>Delivers messages to the consumers that hold them; one that has left meanwhile gets nothing more.</summary>
    public static void Deliver(IReadOnlyList<BrokerMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        foreach (var message in messages)
        {
            message.Holder?.Deliver(message);
        }
    }

    /// <summary>A message is for whoever takes it first after all.</summary>
    public void Return(BrokerMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        lock (Lock)
        {
            message.Holder?.Open.Remove(message);
            message.Holder = null;
            _returned.Add(message);
        }
    }

    /// <summary>The queues whose consumers have room for messages that the database may hold, and how many to take.</summary>
    public List<(BrokerQueue Queue, int Count)> Wanted()
    {
        var wanted = new List<(BrokerQueue, int)>();
        lock (Lock)
        {
            foreach (var queue in _queues.Values)
            {
                if (!queue.IsConsumed || !queue.WantsLook)
                {
                    continue;
                }

                var room = queue.Consumers.Max(c => c.Room);
                var held = queue.Consumers.Sum(c => c.Open.Count);
                if (room > 0 && held <= Bite / 2)
                {
                    wanted.Add((queue, Math.Min(room, Bite)));
                }
            }
        }

        return wanted;
    }

    /// <summary>What has to be written now.</summary>
    /// <param name="everything">Also the messages that a consumer in this process has, which may otherwise wait a little: perhaps they need not be written at all.</param>
    public BrokerWrites Collect(bool everything)
    {
        lock (Lock)
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

            var writes = new BrokerWrites(write, _acknowledged, _returned);
            (_unwritten, _acknowledged, _returned) = (keep, [], []);
            return writes;
        }
    }

    /// <summary>The transaction with these is committed.</summary>
    public void Written(BrokerWrites writes)
    {
        ArgumentNullException.ThrowIfNull(writes);
        lock (Lock)
        {
            foreach (var message in writes.Messages)
            {
                if (message.State == BrokerMessageState.Finished)
                {
                    _acknowledged.Add(message.Id);
                }
                else
                {
                    message.State = BrokerMessageState.Written;
                    message.Queue.HasBacklog |= message.IsForAnyone && message.Queue.IsConsumed;
                }
            }
        }

        foreach (var message in writes.Messages)
        {
            message.Sender?.Confirm();
        }
    }

    /// <summary>The transaction with these failed: they are written with the next one.</summary>
    public void NotWritten(BrokerWrites writes)
    {
        ArgumentNullException.ThrowIfNull(writes);
        lock (Lock)
        {
            foreach (var message in writes.Messages)
            {
                if (message.State == BrokerMessageState.Finished)
                {
                    // As far as is known: if its row is there, it has to go.
                    _acknowledged.Add(message.Id);
                    message.Sender?.Confirm();
                    continue;
                }

                message.State = BrokerMessageState.Unwritten;
                _unwritten.Add(message);
            }

            _acknowledged.AddRange(writes.Acknowledged);
            _returned.AddRange(writes.Returned);
        }
    }

    /// <summary>Messages of a queue were taken from the database, committed, for this process.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="asked">How many there could have been.</param>
    /// <param name="messages">What was taken.</param>
    /// <param name="held">Gets those that a consumer holds now, to be delivered.</param>
    public void Took(BrokerQueue queue, int asked, IReadOnlyList<BrokerMessage> messages, List<BrokerMessage> held)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(held);
        lock (Lock)
        {
            // Fewer than asked for: the database has no more. What was written in this transaction was there to be taken.
            queue.HasBacklog = messages.Count == asked;
            foreach (var message in messages)
            {
                message.State = BrokerMessageState.Written;
                if (queue.WithMostRoom() is { } consumer)
                {
                    consumer.Hold(message);
                    held.Add(message);
                }
                else
                {
                    _returned.Add(message);
                    queue.HasBacklog = true;
                }
            }
        }
    }

    internal void Acknowledge(BrokerSubscription subscription, IReadOnlyList<Delivery> deliveries)
    {
        var (urgent, toWrite) = (false, false);
        List<SendBatch?>? confirmed = null;
        lock (Lock)
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
                        // To be deleted as soon as it is written.
                        message.State = BrokerMessageState.Finished;
                        toWrite = true;
                        break;
                    case BrokerMessageState.Written:
                        _acknowledged.Add(message.Id);
                        toWrite = true;
                        break;
                }
            }

            urgent = subscription.Queue.WantsLook;
        }

        confirmed?.ForEach(sender => sender?.Confirm());
        if (urgent || toWrite)
        {
            writer.Wake(urgent);
        }
    }

    internal Task GiveBackAsync(BrokerSubscription subscription)
    {
        lock (Lock)
        {
            subscription.Queue.Consumers.Remove(subscription);
            foreach (var message in subscription.Open)
            {
                message.Holder = null;
                if (message.State is BrokerMessageState.Written or BrokerMessageState.Writing)
                {
                    _returned.Add(message);
                }
            }

            subscription.Open.Clear();
            subscription.Queue.HasBacklog = true;
        }

        return writer.FlushAsync();
    }
}
