using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Skald.Messaging;
using Skald.Messaging.Tables;

namespace Skald.PostgreSql;

/// <summary>
/// A broker in a PostgreSQL schema. Any process takes what nobody has; what a dead process had is taken over. Where it shares
/// a database with a store, messages are written and deleted with the transaction of who sends or handles them.
/// </summary>
internal sealed class PostgresBroker : ITransport, ITopicCatalog
{
    // A queue's or topic's name is in an index, whose entries fit into a third of a page.
    private static readonly NameLimits Limits = new() { Queue = 2000, Topic = 2000 };

    private readonly PostgresBrokerTables _tables;
    private readonly BrokerLoop _loop;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private volatile bool _started;
    private bool _disposed;

    public PostgresBroker(PostgresAddress address, PostgreSqlOptions options, ILogger? logger = null, PostgresDatabases? databases = null)
    {
        Address = address;
        logger ??= NullLogger.Instance;
        // It is called when it listens, from the start on.
        _tables = new PostgresBrokerTables(address, options, databases ?? new PostgresDatabases(), queue => _loop!.Look(queue), logger);
        var loop = new BrokerRhythm(options.Lease / 5, options.WriteBehind, options.Linger);
        // Real time: it is waited for, not decided by. What is decided by is the database's.
        _loop = new BrokerLoop(_tables, name => new SleepingQueue(name, TimeProvider.System), loop, TimeProvider.System, logger);
    }

    public PostgresAddress Address { get; }

    public TransportDescription Description => new() { Server = Address.Server, Limits = Limits };

    public string? Problem => _loop.Problem;

    /// <summary>For tests: a fault that nobody foresaw.</summary>
    internal Action? BeforeWrite
    {
        set => _tables.BeforeWrite = value;
    }

    private BrokerQueues Queues => _loop.Queues;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_started)
        {
            return;
        }

        await _starting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_started)
            {
                await _tables.OpenAsync(cancellationToken).ConfigureAwait(false);
                // Not at once: after a pause of the server others get the time to say that they live.
                _loop.Start(TimeProvider.System, beatNow: false);
                _started = true;
            }
        }
        finally
        {
            _starting.Release();
        }
    }

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

    public Task CreateTopicAsync(string topic, CancellationToken cancellationToken) => _tables.Catalog.AddTopicAsync(topic, null, cancellationToken);

    public async Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken)
    {
        await _tables.Catalog.AddTopicAsync(topic, queue, cancellationToken).ConfigureAwait(false);
        _tables.Topology.Doubt();
    }

    public Task<IReadOnlyList<Topic>> TopicsAsync(CancellationToken cancellationToken) => _tables.Catalog.TopicsAsync(cancellationToken);

    public async Task<IAsyncDisposable> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken)
    {
        await KnowQueuesAsync([queue], cancellationToken).ConfigureAwait(false);
        return Queues.Consume(queue, window, deliver);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await Queues.GiveAllBackAsync().ConfigureAwait(false);
        // Even if it still waits for the server: what it uses then fails, and it ends.
        await _loop.StopAsync().ConfigureAwait(false);
        await _tables.DisposeAsync().ConfigureAwait(false);
        _starting.Dispose();
    }

    // --- For a store in the same database.

    /// <summary>Prepares what a unit of work receives and sends, and reserves the room of local consumers.</summary>
    public async ValueTask<BrokerExchange> BeginExchangeAsync(List<Delivery> received, List<OutgoingMessage> sending, CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        var topology = await KnowTopologyAsync(sending, cancellationToken).ConfigureAwait(false);
        await KnowQueuesAsync(sending, cancellationToken).ConfigureAwait(false);
        var copies = Copies(sending, topology, null);
        var ids = await _tables.Ids.ReserveAsync(copies.Count, cancellationToken).ConfigureAwait(false);
        lock (Queues.Lock)
        {
            var inDatabase = received.OfType<BrokerMessage>().Where(m => m.State == BrokerMessageState.Written).ToList();
            var messages = new List<BrokerMessage>(copies.Count);
            for (var i = 0; i < copies.Count; i++)
            {
                var message = new BrokerMessage(ids[i], copies[i].Message, copies[i].Queue, null) { State = BrokerMessageState.Writing };
                message.IsForAnyone = !Queues.TryHold(message);
                messages.Add(message);
            }

            return new BrokerExchange(this, _tables.Sql, _tables.Names, inDatabase, messages, topology);
        }
    }

    public void EndExchange(BrokerExchange exchange, bool committed)
    {
        if (!committed && exchange.PublishedBy is not null)
        {
            // It may be why the commit failed.
            _tables.Topology.Doubt();
        }

        var urgent = false;
        List<BrokerMessage> handedOver = [];
        lock (Queues.Lock)
        {
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
                    if (here)
                    {
                        message.Queue.Wake();
                    }

                    urgent |= here;
                }
                else if (committed && message.IsHeld)
                {
                    handedOver.Add(message);
                }
                else
                {
                    // Its consumer has gone, or the commit failed - as far as is known: if the row is there, it is for anyone.
                    Queues.Return(message);
                    urgent = true;
                }
            }
        }

        if (urgent)
        {
            _loop.Wake(urgent: true);
        }

        BrokerQueues.Deliver(handedOver);
    }

    private async Task SendAsync(List<(OutgoingMessage Message, BrokerQueue Queue)> copies, CancellationToken cancellationToken)
    {
        var batch = new SendBatch(copies.Count);
        Queues.Send(await MessagesAsync(copies, batch, cancellationToken).ConfigureAwait(false));
        await batch.Done.ConfigureAwait(false);
    }

    /// <summary>Sends copies of what is published.</summary>
    /// <returns>The topology at a moment since.</returns>
    private async Task<BrokerTopology> PublishAsync(List<(OutgoingMessage Message, BrokerQueue Queue)> copies, CancellationToken cancellationToken)
    {
        var batch = new PublishedBatch(copies.Count);
        var messages = await MessagesAsync(copies, batch, cancellationToken).ConfigureAwait(false);
        _tables.Topology.Await(batch);
        Queues.Send(messages);
        _loop.Wake(urgent: true);
        await batch.Done.ConfigureAwait(false);
        return batch.Topology;
    }

    private async ValueTask<List<BrokerMessage>> MessagesAsync(List<(OutgoingMessage Message, BrokerQueue Queue)> copies, SendBatch batch, CancellationToken cancellationToken)
    {
        var ids = await _tables.Ids.ReserveAsync(copies.Count, cancellationToken).ConfigureAwait(false);
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
        lock (Queues.Lock)
        {
            foreach (var message in messages)
            {
                foreach (var (name, id) in (topology ?? BrokerTopology.Unknown).Queues(message.Envelope, before))
                {
                    var queue = Queues[name];
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

        if (_tables.Topology.Latest is { } known)
        {
            return known;
        }

        var latest = await _tables.Catalog.TopologyAsync(cancellationToken).ConfigureAwait(false);
        _tables.Topology.Learn(latest);
        return latest;
    }

    private Task KnowQueuesAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        List<string>? unknown = null;
        lock (Queues.Lock)
        {
            foreach (var message in messages)
            {
                if (!message.Envelope.Published && Queues[message.Envelope.Destination].Id == 0)
                {
                    (unknown ??= []).Add(message.Envelope.Destination);
                }
            }
        }

        return unknown is null ? Task.CompletedTask : KnowQueuesAsync(unknown, cancellationToken);
    }

    private async Task KnowQueuesAsync(List<string> names, CancellationToken cancellationToken)
    {
        foreach (var (name, id) in await _tables.Catalog.QueueIdsAsync([.. names.Distinct()], cancellationToken).ConfigureAwait(false))
        {
            lock (Queues.Lock)
            {
                Queues[name].Id = id;
            }
        }
    }
}
