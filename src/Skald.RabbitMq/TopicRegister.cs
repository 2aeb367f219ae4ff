using System.Buffers;
using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// The topics and who is subscribed to them, which AMQP cannot list: one message in a queue. Nothing is routed by it. Whoever
/// adds something puts a new message there before the old one is acknowledged; a crash in between leaves both, and readers
/// take them together. An exclusive queue is the lock: it goes with its connection.
/// </summary>
internal sealed class TopicRegister(TimeProvider time, GivenUp givenUp) : IDisposable
{
    private const string Queue = "skald.topic-list";
    private const string Lock = "skald.topic-list.lock";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim _one = new(1, 1);

    public async Task<IReadOnlyList<Topic>> ReadAsync(IConnection connection, CancellationToken cancellationToken)
    {
        var topics = await LockedAsync(connection, _ => { }, cancellationToken).ConfigureAwait(false);
        return [.. topics.Select(t => new Topic(t.Key, [.. t.Value]))];
    }

    /// <param name="connection">Where to.</param>
    /// <param name="topic">The topic's full name.</param>
    /// <param name="queue">Its subscription; null for the topic alone.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    public Task AddAsync(IConnection connection, string topic, string? queue, CancellationToken cancellationToken) =>
        LockedAsync(connection, topics => Add(topics, topic, queue is null ? [] : [queue]), cancellationToken);

    public void Dispose() => _one.Dispose();

    private async Task<SortedDictionary<string, SortedSet<string>>> LockedAsync(
        IConnection connection, Action<SortedDictionary<string, SortedSet<string>>> change, CancellationToken cancellationToken)
    {
        // The broker's lock is a connection's, not a caller's.
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var channel = await LockAsync(connection, cancellationToken).ConfigureAwait(false);
            try
            {
                await channel.QueueDeclareAsync(
                    Queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: cancellationToken).ConfigureAwait(false);
                var (topics, last) = await GetAsync(channel, cancellationToken).ConfigureAwait(false);
                change(topics);
                await PutAsync(channel, topics, last, cancellationToken).ConfigureAwait(false);
                return topics;
            }
            finally
            {
                await givenUp.WithinAsync("Giving the list of topics free", () => UnlockAsync(channel)).ConfigureAwait(false);
            }
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Even if nothing has changed: a quorum queue counts how often a message went back to it, and drops it in the end.</summary>
    private static async Task PutAsync(IChannel channel, SortedDictionary<string, SortedSet<string>> topics, ulong last, CancellationToken cancellationToken)
    {
        if (topics.Count > 0)
        {
            // Returns when it is confirmed: the channel tracks it.
            await channel.BasicPublishAsync("", Queue, mandatory: true, new BasicProperties { ContentType = "application/json", Persistent = true }, Write(topics), cancellationToken).ConfigureAwait(false);
        }

        if (last > 0)
        {
            await channel.BasicAckAsync(last, multiple: true, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<IChannel> LockAsync(IConnection connection, CancellationToken cancellationToken)
    {
        for (var since = time.GetTimestamp(); ;)
        {
            var channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken).ConfigureAwait(false);
            try
            {
                await channel.QueueDeclareAsync(Lock, durable: false, exclusive: true, autoDelete: true, cancellationToken: cancellationToken).ConfigureAwait(false);
                return channel;
            }
            catch (OperationInterruptedException exception) when (exception.ShutdownReason is { ReplyCode: 405 } && time.GetElapsedTime(since) < Patience)
            {
                // Another process has it. The broker tells nobody when a queue goes.
                await givenUp.CloseAsync(channel).ConfigureAwait(false);
                await Task.Delay(AskAgainAfter, time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception)
            {
                await givenUp.CloseAsync(channel).ConfigureAwait(false);
                throw;
            }
        }
    }

    private static async Task UnlockAsync(IChannel channel)
    {
        if (channel.IsOpen)
        {
            // What could not be put there anew goes back before the next one may look. Tag 0 means all.
            await channel.BasicNackAsync(0, multiple: true, requeue: true).ConfigureAwait(false);
            await channel.QueueDeleteAsync(Lock).ConfigureAwait(false);
        }

        await channel.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>All that is there, none of it acknowledged, and the last one's tag; 0 when there is none.</summary>
    private static async Task<(SortedDictionary<string, SortedSet<string>> Topics, ulong Last)> GetAsync(IChannel channel, CancellationToken cancellationToken)
    {
        var (topics, last) = (new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal), 0UL);
        while (await channel.BasicGetAsync(Queue, autoAck: false, cancellationToken).ConfigureAwait(false) is { } got)
        {
            last = got.DeliveryTag;
            try
            {
                using var document = JsonDocument.Parse(got.Body);
                foreach (var topic in document.RootElement.EnumerateObject())
                {
                    Add(topics, topic.Name, topic.Value.EnumerateArray().Select(q => q.GetString() ?? ""));
                }
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException)
            {
                throw new TransportSetupException(
                    $"Queue '{Queue}' holds something that is not Skald's list of topics: {SetupFailures.OneLine(exception.Message)} Purge it; every service puts its own subscriptions there when it starts.", exception);
            }
        }

        return (topics, last);
    }

    private static void Add(SortedDictionary<string, SortedSet<string>> topics, string topic, IEnumerable<string> queues)
    {
        if (!topics.TryGetValue(topic, out var known))
        {
            known = topics[topic] = new SortedSet<string>(StringComparer.Ordinal);
        }

        known.UnionWith(queues);
    }

    private static ReadOnlyMemory<byte> Write(SortedDictionary<string, SortedSet<string>> topics)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (topic, queues) in topics)
            {
                json.WriteStartArray(topic);
                foreach (var queue in queues)
                {
                    json.WriteStringValue(queue);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
