using Microsoft.Data.Sqlite;
using Skald.Messaging;
using Skald.Messaging.Tables;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>A broker in a SQLite file. Any process takes what nobody has; what a dead process had is taken over.</summary>
internal sealed class SqliteBroker : ITransport
{
    private readonly string _file;
    private readonly BrokerQueues _queues;
    private readonly BrokerWriter _writer;
    private readonly BrokerTopics _topics;
    private readonly Lock _starting = new();
    private long _lastId;
    private volatile bool _started;

    public SqliteBroker(string file, SqliteOptions options, TimeProvider time)
    {
        _file = file;
        _writer = new BrokerWriter(this, file, options, time);
        _queues = new BrokerQueues(_writer, name => new BrokerQueue(name));
        _topics = new BrokerTopics(file, options);
    }

    public string? Problem => _writer.Problem;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_starting)
        {
            if (!_started)
            {
                _writer.Start();
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

        if (!_started)
        {
            throw new InvalidOperationException("The broker was not started.");
        }

        var copies = Copies(messages);
        if (copies.Count == 0)
        {
            return Task.CompletedTask;
        }

        var batch = new SendBatch(copies.Count);
        _queues.Send(copies.ConvertAll(c => new BrokerMessage(NextId(), c.Message, _queues[c.Queue], batch)));
        return batch.Done;
    }

    // On another thread: whoever writes to the file meanwhile is waited for.
    public Task CreateTopicAsync(string topic, CancellationToken cancellationToken) => Task.Run(() => _topics.Create(topic), cancellationToken);

    public Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken) => Task.Run(() => _topics.Subscribe(topic, queue), cancellationToken);

    public Task<IReadOnlyList<Topic>> TopicsAsync(CancellationToken cancellationToken) => Task.Run(_topics.All, cancellationToken);

    public Task<ISubscription> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken) =>
        Task.FromResult(_queues.Consume(queue, window, deliver));

    public async ValueTask DisposeAsync()
    {
        await _queues.GiveAllBackAsync().ConfigureAwait(false);
        await _writer.DisposeAsync().ConfigureAwait(false);
        _topics.Dispose();
    }

    // --- For the writer, which calls these between its transactions.

    /// <summary>Another process has written something, or taken some: look.</summary>
    public void MayHaveBacklog()
    {
        lock (_queues.Lock)
        {
            foreach (var queue in _queues.All)
            {
                queue.HasBacklog |= queue.IsConsumed;
            }
        }
    }

    /// <summary>What has to be written and taken now.</summary>
    public WriteBatch Collect(bool everything)
    {
        lock (_queues.Lock)
        {
            return new WriteBatch(_queues.Collect(everything), _queues.Wanted());
        }
    }

    /// <summary>The transaction with these is committed.</summary>
    public void Written(WriteBatch batch, List<List<BrokerMessage>> taken)
    {
        var held = new List<BrokerMessage>();
        lock (_queues.Lock)
        {
            _queues.Written(batch.Writes);
            for (var i = 0; i < taken.Count; i++)
            {
                _queues.Took(batch.Wanted[i].Queue, batch.Wanted[i].Count, taken[i], held);
            }
        }

        BrokerQueues.Deliver(held);
    }

    /// <summary>The transaction with these failed: they are written with the next one.</summary>
    public void NotWritten(WriteBatch batch) => _queues.NotWritten(batch.Writes);

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
            throw new SendFailedException($"The topics in '{_file}' cannot be read: {exception.Message}", [.. messages.Select(m => m.Envelope.Id)], exception);
        }
    }

    /// <summary>Unique for ever: owners' ids are never used again, and each counts for itself.</summary>
    private long NextId() => (_writer.Owner << 40) | Interlocked.Increment(ref _lastId);
}

/// <summary>What one transaction of the broker writes and takes.</summary>
/// <param name="Writes">To write.</param>
/// <param name="Wanted">The queues to take messages from, and how many.</param>
internal sealed record WriteBatch(BrokerWrites Writes, List<(BrokerQueue Queue, int Count)> Wanted)
{
    public bool IsEmpty => Writes.IsEmpty && Wanted.Count == 0;
}
