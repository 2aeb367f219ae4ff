namespace Skald.Messaging;

/// <summary>Some messages were not taken by the transport; none of the others is affected.</summary>
public sealed class SendFailedException : Exception
{
    /// <summary>Made by transports.</summary>
    public SendFailedException(string message, IReadOnlyList<Guid> unsent, Exception? inner = null)
        : base(message, inner) => Unsent = unsent;

    /// <summary>Those of <see cref="Unsent"/> that have nowhere to go as they are, each with the reason: there is no such queue, or its name does not fit. The
    /// engine tries for a while, in case the queue is only made anew, and gives them up then.</summary>
    public IReadOnlyDictionary<Guid, string> Undeliverable { get; init; } = new Dictionary<Guid, string>();

    /// <summary>The ids of the messages that were not confirmed. They may or may not arrive; send them again.</summary>
    public IReadOnlyList<Guid> Unsent { get; }
}

/// <summary>
/// Carries messages between endpoints, at least once, in no particular order. A queue's messages are shared by all
/// its consumers, in whatever process they run. A message for a topic is copied to each queue that is subscribed to it when
/// it is sent.
/// </summary>
public interface ITransport : IAsyncDisposable
{
    /// <summary>What it says of itself. Nothing is opened for it.</summary>
    TransportDescription Description { get; }

    /// <summary>Connects, and creates what has to exist. Called before anything else; repeating it is harmless.</summary>
    /// <exception cref="TransportSetupException">It does not work as it is configured.</exception>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Sends messages. When the task ends, each has been confirmed: it is stored by the transport, or already acknowledged
    /// by its consumer. A local consumer may receive it before that.
    /// </summary>
    /// <remarks>A command waits for its service even if that has never run. An answer goes to whoever asked, who has a queue: a transport whose queues can be
    /// made by anybody makes none for it.</remarks>
    /// <exception cref="SendFailedException">Some were not confirmed.</exception>
    Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken);

    /// <summary>Begins to consume a queue, creating it if need be.</summary>
    /// <param name="queue">The queue's full name.</param>
    /// <param name="window">How many messages may be unacknowledged at once.</param>
    /// <param name="deliver">Called for each message, from any thread; must not block or throw.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <returns>The consumer. Disposing it gives unacknowledged messages back at once.</returns>
    Task<IAsyncDisposable> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken);

    /// <summary>
    /// Subscribes a queue to a topic, creating both if need be. When the task ends, every message that is sent to the topic
    /// from then on, by any process, is copied to the queue, whether or not anybody consumes it. Outlives this process;
    /// repeating it is harmless.
    /// </summary>
    Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken);

    /// <summary>Why the transport cannot carry messages now, as far as it knows; null when it can.</summary>
    string? Problem { get; }

    /// <summary>
    /// Asks the broker for something that changes nothing, and ends when it has answered: one that stands still shows only by that. A transport whose
    /// broker is no process of its own has nobody to ask.
    /// </summary>
    Task ProbeAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The transport cannot be used as it is configured; the message says what to change.</summary>
public sealed class TransportSetupException(string message, Exception? inner = null) : Exception(message, inner);
