using Microsoft.Data.Sqlite;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>
/// A broker in a SQLite file. A message for a consumer in this process is handed over in memory at once and written to
/// the file only if it is not handled soon: until then the sender's saga or outbox row keeps it safe. Everything else goes
/// through the file, where any process takes it, and what a dead process had taken is taken over.
/// </summary>
internal sealed class SqliteBroker(string file, SqliteOptions options, TimeProvider time) : ITransport
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, BrokerQueue> _queues = [];
    private readonly BrokerWriter _writer = new(file, options, time);
    private readonly BrokerTopics _topics = new(file, options);
    private List<BrokerMessage> _unwritten = [];
    private List<long> _acknowledged = [];
    private List<long> _returned = [];
    private long _lastSequence;
    private bool _started;

    public string? Problem => _writer.Problem;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_started)
            {
                _writer.Start(this);
                _started = true;
            }
        }

        return Task.CompletedTask;
    }

    public Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        if (messages.Count == 0)
        {
            return Task.CompletedTask;
        }

        var copies = Copies(messages);
        if (copies.Count == 0)
        {
            return Task.CompletedTask;
        }

        var batch = new SendBatch(copies.Count);
        var urgent = false;
        List<BrokerMessage>? handedOver = null;
        lock (_lock)
        {
            if (!_started)
            {
                throw new InvalidOperationException("The broker was not started.");
            }

            foreach (var (outgoing, name) in copies)
            {
                var queue = Queue(name);
                var message = new BrokerMessage(outgoing.Envelope, outgoing.Body, queue, batch) { Sequence = NextSequence() };
                _unwritten.Add(message);
                if (!queue.HasBacklog && WithMostRoom(queue) is { } consumer)
                {
                    Hold(consumer, message);
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
            _writer.Wake(urgent: true);
        }

        if (handedOver is not null)
        {
            // Even beside urgent ones: if their consumer takes long, they are written when they have waited enough.
            _writer.Wake(urgent: false);
            foreach (var message in handedOver)
            {
                // Held since the lock was taken.
                message.Holder?.Deliver(message);
            }
        }

        return batch.Done;
    }

    // On another thread: whoever writes to the file meanwhile is waited for.
    public Task CreateTopicAsync(string topic, CancellationToken cancellationToken) => Task.Run(() => _topics.Create(topic), cancellationToken);

    public Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken) => Task.Run(() => _topics.Subscribe(topic, queue), cancellationToken);

    public Task<IReadOnlyList<Topic>> TopicsAsync(CancellationToken cancellationToken) => Task.Run(_topics.All, cancellationToken);

    public Task<ISubscription> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken)
    {
        BrokerSubscription subscription;
        lock (_lock)
        {
            var state = Queue(queue);
            subscription = new BrokerSubscription(this, state, window, deliver);
            state.Consumers.Add(subscription);
            // What was sent before is in the file, or on its way there.
            state.HasBacklog = true;
        }

        _writer.Wake(urgent: true);
        return Task.FromResult<ISubscription>(subscription);
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
        _topics.Dispose();
    }

    public void Acknowledge(BrokerSubscription subscription, IReadOnlyList<Delivery> deliveries)
    {
        var urgent = false;
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
                    default:
                        _acknowledged.Add(message.Sequence);
                        break;
                }
            }

            urgent = subscription.Queue.HasBacklog;
        }

        confirmed?.ForEach(sender => sender?.Confirm());
        _writer.Wake(urgent);
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
                    _returned.Add(message.Sequence);
                }
            }

            subscription.Open.Clear();
            subscription.Queue.HasBacklog = true;
        }

        return new ValueTask(_writer.FlushAsync());
    }

    /// <summary>Another process has written something, or taken some: look.</summary>
    public void MayHaveBacklog()
    {
        lock (_lock)
        {
            foreach (var queue in _queues.Values)
            {
                queue.HasBacklog |= queue.Consumers.Count > 0;
            }
        }
    }

    // --- For the writer, which calls these between and inside its transactions.

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
            var batch = new WriteBatch(write, _acknowledged, _returned, Wanted());
            _acknowledged = [];
            _returned = [];
            return batch;
        }
    }

    /// <summary>The transaction with these is committed.</summary>
    public void Written(WriteBatch batch, IReadOnlyList<(BrokerQueue Queue, int Asked, List<BrokerMessage> Taken)> taken)
    {
        var deliver = new List<(BrokerSubscription, BrokerMessage)>();
        lock (_lock)
        {
            foreach (var message in batch.Messages)
            {
                if (message.State == BrokerMessageState.Finished)
                {
                    _acknowledged.Add(message.Sequence);
                }
                else
                {
                    message.State = BrokerMessageState.Written;
                    message.Queue.HasBacklog |= message.IsForAnyone && message.Queue.Consumers.Count > 0;
                }
            }

            foreach (var (queue, asked, messages) in taken)
            {
                // Fewer than asked for: the file has no more. What was written in this transaction was there to be taken.
                queue.HasBacklog = messages.Count == asked;
                foreach (var message in messages)
                {
                    message.State = BrokerMessageState.Written;
                    if (WithMostRoom(queue) is { } consumer)
                    {
                        Hold(consumer, message);
                        deliver.Add((consumer, message));
                    }
                    else
                    {
                        _returned.Add(message.Sequence);
                        queue.HasBacklog = true;
                    }
                }
            }
        }

        foreach (var message in batch.Messages)
        {
            message.Sender?.Confirm();
        }

        foreach (var (consumer, message) in deliver)
        {
            consumer.Deliver(message);
        }
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
                    continue;
                }

                message.State = BrokerMessageState.Unwritten;
                _unwritten.Add(message);
            }

            _acknowledged.AddRange(batch.Acknowledged);
            _returned.AddRange(batch.Returned);
        }
    }

    /// <summary>Each message with the queue it goes to: what is published once for every subscription, the rest once.</summary>
    private List<(OutgoingMessage Message, string Queue)> Copies(IReadOnlyList<OutgoingMessage> messages)
    {
        var published = messages.Where(m => m.Envelope.Published).Select(m => m.Envelope.Destination).ToList();
        var subscribed = published.Count == 0 ? [] : Subscribed(published, messages);
        var copies = new List<(OutgoingMessage, string)>(messages.Count);
        var next = 0;
        foreach (var message in messages)
        {
            foreach (var queue in message.Envelope.Published ? subscribed[next++] : [message.Envelope.Destination])
            {
                copies.Add((message, queue));
            }
        }

        return copies;
    }

    private string[][] Subscribed(List<string> topics, IReadOnlyList<OutgoingMessage> messages)
    {
        try
        {
            return _topics.Queues(topics);
        }
        catch (Exception exception) when (exception is SqliteException or StoreSetupException)
        {
            throw new SendFailedException($"The topics in '{file}' cannot be read: {exception.Message}", [.. messages.Select(m => m.Envelope.Id)], exception);
        }
    }

    /// <summary>The queues whose consumers have room for messages that the file may hold.</summary>
    private List<(BrokerQueue, int)> Wanted()
    {
        var wanted = new List<(BrokerQueue, int)>();
        foreach (var queue in _queues.Values)
        {
            if (!queue.HasBacklog || queue.Consumers.Count == 0)
            {
                continue;
            }

            // Small bites, taken when the last is nearly eaten: several processes share a queue fairly.
            var room = queue.Consumers.Max(c => c.Room);
            var held = queue.Consumers.Sum(c => c.Open.Count);
            if (room > 0 && held <= Bite / 2)
            {
                wanted.Add((queue, Math.Min(room, Bite)));
            }
        }

        return wanted;
    }

    private const int Bite = 200;

    private static BrokerSubscription? WithMostRoom(BrokerQueue queue)
    {
        BrokerSubscription? best = null;
        foreach (var consumer in queue.Consumers)
        {
            if (consumer.Room > 0 && (best is null || consumer.Room > best.Room))
            {
                best = consumer;
            }
        }

        return best;
    }

    private static void Hold(BrokerSubscription consumer, BrokerMessage message)
    {
        message.Holder = consumer;
        consumer.Open.Add(message);
    }

    /// <summary>Unique for ever: owners' ids are never used again, and each counts for itself.</summary>
    private long NextSequence() => (_writer.Owner << 40) | ++_lastSequence;

    private BrokerQueue Queue(string name) => _queues.TryGetValue(name, out var queue) ? queue : _queues[name] = new BrokerQueue(name);
}

/// <summary>What one transaction of the broker writes and takes.</summary>
/// <param name="Messages">To insert.</param>
/// <param name="Acknowledged">To delete.</param>
/// <param name="Returned">To free for whoever takes them first.</param>
/// <param name="Wanted">The queues to take messages from, and how many.</param>
internal sealed record WriteBatch(
    List<BrokerMessage> Messages, List<long> Acknowledged, List<long> Returned, List<(BrokerQueue Queue, int Count)> Wanted)
{
    public bool IsEmpty => Messages.Count + Acknowledged.Count + Returned.Count + Wanted.Count == 0;
}
