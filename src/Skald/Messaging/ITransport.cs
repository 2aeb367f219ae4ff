namespace Skald.Messaging;

/// <summary>A message that arrived and is not acknowledged yet.</summary>
/// <remarks>Transports derive from it to keep what they need for the acknowledgement.</remarks>
public class Delivery
{
    /// <summary>A delivery whose envelope could be read.</summary>
    public Delivery(Envelope envelope, ReadOnlyMemory<byte> body) => (Envelope, Body) = (envelope, body);

    /// <summary>A delivery whose envelope could not be read; it will be dead-lettered with this reason.</summary>
    public Delivery(string unreadable, ReadOnlyMemory<byte> body) => (Unreadable, Body) = (unreadable, body);

    /// <summary>The metadata; null when it could not be read.</summary>
    public Envelope? Envelope { get; }

    /// <summary>Why the envelope could not be read; null when it could.</summary>
    public string? Unreadable { get; }

    /// <summary>The body as it came.</summary>
    public ReadOnlyMemory<byte> Body { get; }
}

/// <summary>Some messages were not taken by the transport; none of the others is affected.</summary>
public sealed class SendFailedException : Exception
{
    /// <summary>Made by transports.</summary>
    public SendFailedException(string message, IReadOnlyList<Guid> unsent, Exception? inner = null)
        : base(message, inner) => Unsent = unsent;

    /// <summary>The ids of the messages that were not confirmed. They may or may not arrive; send them again.</summary>
    public IReadOnlyList<Guid> Unsent { get; }
}

/// <summary>A topic and who gets its messages.</summary>
/// <param name="Name">The topic's full name.</param>
/// <param name="Subscriptions">The queues that each get a copy of every message, by full name, sorted.</param>
public sealed record Topic(string Name, IReadOnlyList<string> Subscriptions)
{
    /// <summary>Topics from pairs of a topic and a queue that is subscribed to it, null for none, in any order; sorted by name.</summary>
    public static IReadOnlyList<Topic> FromRows(IEnumerable<(string Topic, string? Queue)> rows) =>
    [
        .. rows.GroupBy(r => r.Topic, r => r.Queue).OrderBy(t => t.Key, StringComparer.Ordinal)
            .Select(t => new Topic(t.Key, [.. t.OfType<string>().Order(StringComparer.Ordinal)])),
    ];
}

/// <summary>
/// Carries messages between endpoints, at least once, in no particular order. A queue's messages are shared by all
/// its consumers, in whatever process they run. A message for a topic is copied to each queue that is subscribed to it when
/// it is sent.
/// </summary>
public interface ITransport : IAsyncDisposable
{
    /// <summary>Connects, and creates what has to exist. Called before anything else; repeating it is harmless.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Sends messages. When the task ends, each has been confirmed: it is stored by the transport, or already acknowledged
    /// by its consumer. A local consumer may receive it before that.
    /// </summary>
    /// <exception cref="SendFailedException">Some were not confirmed.</exception>
    Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken);

    /// <summary>Begins to consume a queue, creating it if need be.</summary>
    /// <param name="queue">The queue's full name.</param>
    /// <param name="window">How many messages may be unacknowledged at once.</param>
    /// <param name="deliver">Called for each message, from any thread; must not block or throw.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    Task<ISubscription> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken);

    /// <summary>Creates a topic; does nothing if it exists. It outlives this process.</summary>
    Task CreateTopicAsync(string topic, CancellationToken cancellationToken);

    /// <summary>
    /// Subscribes a queue to a topic, creating both if need be. When the task ends, every message that is sent to the topic
    /// from then on, by any process, is copied to the queue, whether or not anybody consumes it. Outlives this process;
    /// repeating it is harmless.
    /// </summary>
    Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken);

    /// <summary>The topics of every system on this transport, by name, whoever created them.</summary>
    Task<IReadOnlyList<Topic>> TopicsAsync(CancellationToken cancellationToken);

    /// <summary>Why the transport cannot carry messages now; null when it can.</summary>
    string? Problem { get; }
}

/// <summary>One consumer of one queue. Disposing it gives unacknowledged messages back at once.</summary>
public interface ISubscription : IAsyncDisposable
{
    /// <summary>Says that messages are dealt with and need not come again. Does not wait.</summary>
    void Acknowledge(IReadOnlyList<Delivery> deliveries);
}

/// <summary>The transport cannot be used as it is configured; the message says what to change.</summary>
public sealed class TransportSetupException(string message, Exception? inner = null) : Exception(message, inner);
