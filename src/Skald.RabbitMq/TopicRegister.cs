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
/// <param name="publishing">A connection for what is written: a broker that is short of space stops reading from whoever writes.</param>
/// <param name="time">The machine's clock.</param>
/// <param name="givenUp">Closes channels.</param>
internal sealed class TopicRegister(RabbitLink publishing, TimeProvider time, GivenUp givenUp) : IDisposable
{
    private const string Queue = "skald.topic-list";
    private const string Lock = "skald.topic-list.lock";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RenewsWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(20);

    // A quorum queue counts how often a message went back to it, and drops it when that was too often: 20 times, unless the broker is told otherwise.
    private const long MostReturns = 10;

    private readonly SemaphoreSlim _one = new(1, 1);

    public async Task<IReadOnlyList<Topic>> ReadAsync(IConnection connection, CancellationToken cancellationToken)
    {
        var topics = await LockedAsync(connection, _ => false, cancellationToken).ConfigureAwait(false);
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
        IConnection connection, Func<SortedDictionary<string, SortedSet<string>>, bool> change, CancellationToken cancellationToken)
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
                var (topics, last, returns) = await GetAsync(channel, cancellationToken).ConfigureAwait(false);
                var isNew = change(topics);
                if (isNew || returns >= MostReturns)
                {
                    await PutAsync(channel, topics, last, isNew, cancellationToken).ConfigureAwait(false);
                }

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

    /// <summary>Puts the list there in place of what was read. What only renews it may fail: a broker that is short of space takes nothing.</summary>
    private async Task PutAsync(IChannel channel, SortedDictionary<string, SortedSet<string>> topics, ulong last, bool isNew, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(isNew ? Patience : RenewsWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await PublishAsync(topics, either.Token).ConfigureAwait(false);
        }
        catch (Exception) when (!isNew && !cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"RabbitMQ did not confirm within {Patience.TotalSeconds:0} s.");
        }

        if (last > 0)
        {
            await channel.BasicAckAsync(last, multiple: true, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task PublishAsync(SortedDictionary<string, SortedSet<string>> topics, CancellationToken cancellationToken)
    {
        var connection = await publishing.ConnectionAsync(cancellationToken).ConfigureAwait(false);
        var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken).ConfigureAwait(false);
        try
        {
            // Returns when it is confirmed: the channel tracks it.
            await channel.BasicPublishAsync("", Queue, mandatory: true, new BasicProperties { ContentType = "application/json", Persistent = true }, Write(topics), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await givenUp.CloseAsync(channel).ConfigureAwait(false);
        }
    }

    private async Task<IChannel> LockAsync(IConnection connection, CancellationToken cancellationToken)
    {
        for (var since = time.GetTimestamp(); ;)
        {
            var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
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
            // What was only read goes back before the next one may look. Tag 0 means all.
            await channel.BasicNackAsync(0, multiple: true, requeue: true).ConfigureAwait(false);
            await channel.QueueDeleteAsync(Lock).ConfigureAwait(false);
        }

        await channel.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>All that is there, none of it acknowledged; the last one's tag, 0 when there is none; how often one of them went back.</summary>
    private static async Task<(SortedDictionary<string, SortedSet<string>> Topics, ulong Last, long Returns)> GetAsync(IChannel channel, CancellationToken cancellationToken)
    {
        var (topics, last, returns) = (new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal), 0UL, 0L);
        while (await channel.BasicGetAsync(Queue, autoAck: false, cancellationToken).ConfigureAwait(false) is { } got)
        {
            last = got.DeliveryTag;
            returns = Math.Max(returns, got.BasicProperties.Headers?.TryGetValue("x-delivery-count", out var count) == true && count is long before ? before : 0);
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

        return (topics, last, returns);
    }

    /// <returns>Whether any of it is new.</returns>
    private static bool Add(SortedDictionary<string, SortedSet<string>> topics, string topic, IEnumerable<string> queues)
    {
        var isNew = topics.TryAdd(topic, new SortedSet<string>(StringComparer.Ordinal));
        var known = topics[topic].Count;
        topics[topic].UnionWith(queues);
        return isNew || topics[topic].Count > known;
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
