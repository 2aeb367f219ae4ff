using Skald.Messaging;

namespace Skald.PostgreSql;

/// <summary>One consumer in this process.</summary>
internal sealed class BrokerSubscription(PostgresBroker broker, BrokerQueue queue, int window, Action<Delivery> deliver) : ISubscription
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

    public void Acknowledge(IReadOnlyList<Delivery> deliveries) => broker.Acknowledge(this, deliveries);

    public ValueTask DisposeAsync() => broker.GiveBackAsync(this);
}
