namespace Skald.Messaging.Tables;

/// <summary>What this process knows of a queue. Used under <see cref="BrokerQueues.Lock"/>.</summary>
/// <param name="name">Its full name.</param>
/// <remarks>As it is, it is for a database that tells other processes of everything; <see cref="SleepingQueue"/> is for the others.</remarks>
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

    /// <summary>Nothing was found: the other processes are to be told, and then it is looked once more.</summary>
    public virtual bool FallsAsleep => false;

    /// <summary>How long it may sleep on; null when it does not sleep.</summary>
    public virtual TimeSpan? NapLeft => null;

    /// <summary>Whether anybody in this process consumes it.</summary>
    public bool IsConsumed => Consumers.Count > 0;

    internal List<BrokerSubscription> Consumers { get; } = [];

    /// <summary>What it does when it is woken up; <see cref="Wake"/> is to be called.</summary>
    protected virtual void WakeUp() => HasBacklog = true;

    /// <summary>The database was asked for messages.</summary>
    /// <param name="saidSo">Whether the others were told, in the same transaction, that this process is about to sleep.</param>
    public virtual void Looked(bool saidSo)
    {
    }

    /// <summary>How often it was woken up. An answer of the database shows nothing of what came after it was asked.</summary>
    internal int Wakeups { get; private set; }

    /// <summary>Something may have come, or was missed: the database is asked again, also when an answer of it is on its way just now.</summary>
    public void Wake()
    {
        Wakeups++;
        WakeUp();
    }

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
internal sealed class BrokerSubscription(BrokerQueues queues, BrokerQueue queue, int window, Action<Delivery> deliver) : IAsyncDisposable
{
    public BrokerQueues Queues => queues;

    public BrokerQueue Queue => queue;

    public HashSet<BrokerMessage> Open { get; } = [];

    public int Room => window - Open.Count;

    public void Hold(BrokerMessage message)
    {
        message.Holder = this;
        Open.Add(message);
    }

    public void Deliver(BrokerMessage message) => deliver(message);

    public ValueTask DisposeAsync() => new(queues.GiveBackAsync(this));
}
