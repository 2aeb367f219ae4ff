using Skald.Messaging;

namespace Skald.Sqlite;

/// <summary>One consumer in this process.</summary>
internal sealed class BrokerSubscription(SqliteBroker broker, BrokerQueue queue, int window, Action<Delivery> deliver) : ISubscription
{
    public BrokerQueue Queue => queue;

    public HashSet<BrokerMessage> Open { get; } = [];

    public int Room => window - Open.Count;

    public void Deliver(BrokerMessage message) => deliver(message);

    public void Acknowledge(IReadOnlyList<Delivery> deliveries) => broker.Acknowledge(this, deliveries);

    public ValueTask DisposeAsync() => broker.GiveBackAsync(this);
}
