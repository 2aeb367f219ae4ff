namespace Skald.Messaging.Tables;

/// <summary>
/// What one process holds of a broker whose messages are rows of a database. A message for a consumer in this process is
/// handed over in memory, and written only if it is not dealt with soon: until then its sender, who is in this process too, has it sent again if the process dies.
/// Everything else goes through the database, where any process takes it.
/// </summary>
/// <param name="writer">Writes the rows.</param>
/// <param name="make">Makes a queue of this name.</param>
/// <remarks>Safe for use by many threads. Consumers are called outside the lock.</remarks>
public sealed class BrokerQueues(IBrokerWriter writer, Func<string, BrokerQueue> make) : IAcknowledgements
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
    public IAsyncDisposable Consume(string queue, int window, Action<Delivery> deliver)
    {
        BrokerSubscription subscription;
        lock (Lock)
        {
            subscription = new BrokerSubscription(this, this[queue], window, deliver);
            subscription.Queue.Consumers.Add(subscription);
            // What was sent before is in the database, or on its way there.
            subscription.Queue.Wake();
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
            message.Queue.Wake();
        }
    }

    /// <summary>What has to be written and taken now.</summary>
    /// <param name="everything">Also the messages that a consumer in this process has, which may otherwise wait a little: perhaps they need not be written at all.</param>
    public BrokerBatch Collect(bool everything)
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
            return new BrokerBatch(writes, Wanted());
        }
    }

    /// <summary>The transaction of a batch is committed.</summary>
    /// <param name="batch">What was written.</param>
    /// <param name="taken">What was taken for each of <see cref="BrokerBatch.Wanted"/>.</param>
    public void Written(BrokerBatch batch, IReadOnlyList<IReadOnlyList<BrokerMessage>> taken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(taken);
        var held = new List<BrokerMessage>();
        lock (Lock)
        {
            batch.Writes.Messages.ForEach(Written);
            for (var i = 0; i < taken.Count; i++)
            {
                Took(batch.Wanted[i], taken[i], held);
            }
        }

        batch.Writes.Messages.ForEach(message => message.Sender?.Confirm());
        Deliver(held);
    }

    /// <summary>The transaction of a batch failed: all of it is for the next one.</summary>
    public void NotWritten(BrokerBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        lock (Lock)
        {
            batch.Writes.Messages.ForEach(NotWritten);
            _acknowledged.AddRange(batch.Writes.Acknowledged);
            _returned.AddRange(batch.Writes.Returned);
        }
    }

    /// <summary>Something may have come, or was missed: for one queue, or for all.</summary>
    public void WakeUp(long? queueId = null)
    {
        lock (Lock)
        {
            foreach (var queue in _queues.Values)
            {
                if (queueId is null || queue.Id == queueId)
                {
                    queue.Wake();
                }
            }
        }
    }

    /// <summary>The time until a sleeping queue has to be looked at; null when none sleeps.</summary>
    internal TimeSpan? Nap()
    {
        lock (Lock)
        {
            TimeSpan? least = null;
            foreach (var queue in _queues.Values)
            {
                if (queue.NapLeft is { } left && (least is null || left < least) && RoomOf(queue) > 0)
                {
                    least = left;
                }
            }

            return least;
        }
    }

    /// <summary>Whether other processes are to be told that a queue is about to sleep.</summary>
    internal bool AnyFallsAsleep
    {
        get
        {
            lock (Lock)
            {
                return _queues.Values.Any(q => q.FallsAsleep && q.IsConsumed);
            }
        }
    }

    /// <inheritdoc/>
    public void Acknowledge(IReadOnlyList<Delivery> deliveries)
    {
        ArgumentNullException.ThrowIfNull(deliveries);
        var (urgent, toWrite) = (false, false);
        List<SendBatch?>? confirmed = null;
        lock (Lock)
        {
            BrokerQueue? last = null;
            foreach (var message in deliveries.OfType<BrokerMessage>())
            {
                if (message.Holder is not { } holder || !holder.Open.Remove(message))
                {
                    // Given back before: another consumer has it now, or will.
                    continue;
                }

                message.Holder = null;
                if (message.State == BrokerMessageState.Unwritten)
                {
                    (confirmed ??= []).Add(message.Sender);
                }

                toWrite |= Finish(message);
                urgent |= message.Queue != last && message.Queue.WantsLook;
                last = message.Queue;
            }
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
            subscription.Queue.Wake();
        }

        return writer.FlushAsync();
    }

    /// <summary>Messages of a queue were taken from the database, committed, for this process.</summary>
    private void Took(BrokerWant want, IReadOnlyList<BrokerMessage> messages, List<BrokerMessage> held)
    {
        // Fewer than asked for: the database has no more. What was written in this transaction was there to be taken; what came after
        // it has woken the queue up since.
        want.Queue.HasBacklog = messages.Count == want.Count || want.Queue.Wakeups != want.Wakeups;
        foreach (var message in messages)
        {
            message.State = BrokerMessageState.Written;
            if (want.Queue.WithMostRoom() is { } consumer)
            {
                consumer.Hold(message);
                held.Add(message);
            }
            else
            {
                _returned.Add(message);
                want.Queue.HasBacklog = true;
            }
        }

        if (want.Queue.Wakeups == want.Wakeups)
        {
            // Woken up meanwhile, it does not fall asleep.
            want.Queue.Looked(want.FallsAsleep);
        }
    }

    private void Written(BrokerMessage message)
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

    private void NotWritten(BrokerMessage message)
    {
        if (message.State == BrokerMessageState.Finished)
        {
            // As far as is known: if its row is there, it has to go.
            _acknowledged.Add(message.Id);
            message.Sender?.Confirm();
        }
        else
        {
            message.State = BrokerMessageState.Unwritten;
            _unwritten.Add(message);
        }
    }

    /// <summary>A message is dealt with.</summary>
    /// <returns>Whether a row has to be deleted soon.</returns>
    private bool Finish(BrokerMessage message)
    {
        switch (message.State)
        {
            case BrokerMessageState.Written:
                _acknowledged.Add(message.Id);
                return true;
            case BrokerMessageState.Unwritten or BrokerMessageState.Writing:
                // One that is being written is deleted as soon as it is.
                var isBeingWritten = message.State == BrokerMessageState.Writing;
                message.State = BrokerMessageState.Finished;
                return isBeingWritten;
            default:
                return false;
        }
    }

    /// <summary>The queues whose consumers have room for messages that the database may hold, and how many to take.</summary>
    private List<BrokerWant> Wanted()
    {
        var wanted = new List<BrokerWant>();
        lock (Lock)
        {
            foreach (var queue in _queues.Values)
            {
                if (queue.WantsLook && RoomOf(queue) is > 0 and var room)
                {
                    wanted.Add(new BrokerWant(queue, room, queue.FallsAsleep) { Wakeups = queue.Wakeups });
                }
            }
        }

        return wanted;
    }

    /// <summary>How many messages to take for a queue; 0 while its consumers have enough, or there are none.</summary>
    private static int RoomOf(BrokerQueue queue) => queue.IsConsumed && queue.Consumers.Sum(c => c.Open.Count) <= Bite / 2
        ? Math.Min(queue.Consumers.Max(c => c.Room), Bite)
        : 0;
}
