using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Skald.Messaging;
using Skald.Messaging.Tables;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>A broker in a SQLite file. Any process takes what nobody has; what a dead process had is taken over.</summary>
internal sealed class SqliteBroker : ITransport, ITopicCatalog
{
    private readonly string _file;
    private readonly TimeProvider _time;
    private readonly SqliteBrokerTables _tables;
    private readonly BrokerLoop _loop;
    private readonly BrokerTopics _topics;
    private readonly Lock _starting = new();
    private long _lastId;
    private volatile bool _started;

    public SqliteBroker(string file, SqliteOptions options, TimeProvider time, ILogger? logger = null)
    {
        _file = file;
        logger ??= NullLogger.Instance;
        _tables = new SqliteBrokerTables(file, options, time, () => _loop!.Look(), logger); // It is called by what is watched, from the start on.
        // One writes to the file at a time: what is gathered by waiting would only come later.
        var loop = new BrokerRhythm(options.Lease / 5, options.WriteBehind, Linger: TimeSpan.Zero);
        // Real time: it is waited for, not decided by.
        _loop = new BrokerLoop(_tables, name => new BrokerQueue(name), loop, TimeProvider.System, logger);
        _time = time;
        _topics = new BrokerTopics(file, options, _tables.ThrowIfMoved);
    }

    public TransportDescription Description => TransportDescription.Embedded;

    public string? Problem => _loop.Problem;

    /// <summary>For tests: a fault that nobody foresaw.</summary>
    internal Action? BeforeWrite
    {
        set => _tables.BeforeWrite = value;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_starting)
        {
            if (!_started)
            {
                _tables.Open();
                _loop.Start(_time, beatNow: true);
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
        _loop.Queues.Send(copies.ConvertAll(c => new BrokerMessage(NextId(), c.Message, _loop.Queues[c.Queue], batch)));
        return batch.Done;
    }

    // On another thread: whoever writes to the file meanwhile is waited for.
    public Task CreateTopicAsync(string topic, CancellationToken cancellationToken) => Task.Run(() => _topics.Create(topic), cancellationToken);

    public Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken) => Task.Run(() => _topics.Subscribe(topic, queue), cancellationToken);

    public Task<IReadOnlyList<Topic>> TopicsAsync(CancellationToken cancellationToken) => Task.Run(_topics.All, cancellationToken);

    public Task<IAsyncDisposable> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken) =>
        Task.FromResult(_loop.Queues.Consume(queue, window, deliver));

    public async ValueTask DisposeAsync()
    {
        await _loop.Queues.GiveAllBackAsync().ConfigureAwait(false);
        if (await _loop.StopAsync().ConfigureAwait(false))
        {
            _tables.Dispose();
        }

        _topics.Dispose();
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
            throw new SendFailedException($"The topics in '{_file}' cannot be read: {exception.Message}", [.. messages.Select(m => m.Envelope.Id)], exception);
        }
    }

    /// <summary>Unique for ever: owners' ids are never used again, and each counts for itself.</summary>
    private long NextId() => (_tables.Owner << 40) | Interlocked.Increment(ref _lastId);
}
