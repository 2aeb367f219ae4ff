namespace Skald.Messaging.Tables;

/// <summary>What this process knows of a queue. Used under <see cref="BrokerQueues.Lock"/>.</summary>
/// <param name="name">Its full name.</param>
public class BrokerQueue(string name)
{
    /// <summary>Its full name.</summary>
    public string Name => name;

    /// <summary>The row's key; 0 until it is known.</summary>
    public long Id { get; set; }

    /// <summary>Whether the database may hold messages for whoever takes them first. While it does, new ones queue up behind them.</summary>
    public bool HasBacklog { get; set; } = true;

    /// <summary>Whether the database is to be asked for messages.</summary>
    public virtual bool WantsLook => HasBacklog;

    /// <summary>Whether anybody in this process consumes it.</summary>
    public bool IsConsumed => Consumers.Count > 0;

    internal List<BrokerSubscription> Consumers { get; } = [];

    internal BrokerSubscription? WithMostRoom()
    {
        BrokerSubscription? best = null;
        foreach (var consumer in Consumers)
        {
            if (consumer.Room > 0 && (best is null || consumer.Room > best.Room))
            {
                best = consumer;
            }
        }

        return best;
    }
}

/// <summary>One consumer in this process.</summary>
internal sealed class BrokerSubscription(BrokerQueues queues, BrokerQueue queue, int window, Action<Delivery> deliver) : ISubscription
{
    public BrokerQueue Queue => queue;

    public HashSet<BrokerMessage> Open { get; } = [];

    public int Room => window - Open.Count;

    public void Hold(BrokerMessage message)
    {
        message.Holder = this;
        Open.Add(message);
    }

    public void Deliver(BrokerMessage message) => deliver(message);

    public void Acknowledge(IReadOnlyList<Delivery> deliveries) => queues.Acknowledge(this, deliveries);

    public ValueTask DisposeAsync() => new(queues.GiveBackAsync(this));
}
