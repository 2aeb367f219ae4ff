using Skald.Definition;

namespace Skald.RabbitMq;

/// <summary>How RabbitMQ is used. The defaults are durable; ranges are checked at start-up.</summary>
public sealed record RabbitMqOptions
{
    /// <summary>How long the broker may take to confirm a message before its connection is thrown away and the message counts as unsent.</summary>
    /// <value>500 milliseconds to 10 minutes; 10 seconds unless set.</value>
    public TimeSpan ConfirmTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a message may come back unacknowledged before the broker moves it to the queue's <c>.dead</c> queue.</summary>
    /// <value>
    /// 1 to 1,000,000; 50 unless set. A last net, not the retry policy: Skald counts attempts itself. The broker counts every crash of a
    /// consumer against all messages it held. It is an argument of the queue and cannot be changed afterwards.
    /// </value>
    public int DeliveryLimit { get; init; } = 50;

    /// <summary>How many messages for one queue may travel as one of RabbitMQ's. It happens under load, to queues that Skald consumes; it saves the broker most of its work.</summary>
    /// <value>
    /// 1 to 1,000; 32 unless set. 1 sends each by itself, and has others do so to the queues that are consumed here. A consumer takes up to
    /// a quarter of <see cref="SkaldOptions.Window"/> deliveries from the broker, at least 64 if the window allows it, each with
    /// up to so many messages; what is beyond the window waits in its process.
    /// </value>
    public int MessagesPerParcel { get; init; } = 32;

    /// <summary>How often broker and client show each other that they are alive; a silent connection is given up after twice this time.</summary>
    /// <value>1 second to 10 minutes; 10 seconds unless set.</value>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The largest body that is taken, in bytes. Of what is larger a dead letter keeps the beginning.</summary>
    /// <value>1 KiB to 64 MiB; 16 MiB unless set, which is also the most that a broker of version 4 takes by itself.</value>
    public int MaxMessageBytes { get; init; } = 1 << 24;

    internal RabbitMqOptions Checked(Ranges ranges)
    {
        ranges
            .Between(ConfirmTimeout, TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(10))
            .Between(DeliveryLimit, 1, 1_000_000)
            .Between(MessagesPerParcel, 1, ParcelFormat.MostMessages)
            .Between(MaxMessageBytes, 1 << 10, 1 << 26)
            .Between(Heartbeat, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        return this;
    }

    /// <summary>The arguments with which a queue is declared; whoever declares it must give the same.</summary>
    public IReadOnlyDictionary<string, object?> QueueArguments(string queue) => new Dictionary<string, object?>
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = DeliveryLimit,
        ["x-dead-letter-exchange"] = "",
        ["x-dead-letter-routing-key"] = Topology.DeadLetters(queue),
        // At least once, which the broker does only together with reject-publish.
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
    };
}
