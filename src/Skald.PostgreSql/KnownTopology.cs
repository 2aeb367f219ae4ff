using Skald.Messaging.Tables;

namespace Skald.PostgreSql;

/// <summary>What this process knows of the subscriptions, and who has published and waits to hear whether it still held.</summary>
/// <remarks>Safe for use by many threads.</remarks>
internal sealed class KnownTopology
{
    private readonly Lock _lock = new();
    private List<PublishedBatch> _unchecked = [];
    private BrokerTopology _latest = BrokerTopology.Unknown;
    private bool _isDoubtful = true;

    /// <summary>The latest; null when it has to be read again.</summary>
    public BrokerTopology? Latest
    {
        get
        {
            lock (_lock)
            {
                return _isDoubtful ? null : _latest;
            }
        }
    }

    /// <summary>Whether anybody waits.</summary>
    public bool IsAwaited
    {
        get
        {
            lock (_lock)
            {
                return _unchecked.Count > 0;
            }
        }
    }

    /// <summary>Something may have changed.</summary>
    public void Doubt()
    {
        lock (_lock)
        {
            _isDoubtful = true;
        }
    }

    /// <summary>It was read.</summary>
    public void Learn(BrokerTopology latest)
    {
        lock (_lock)
        {
            (_latest, _isDoubtful) = (latest, false);
        }
    }

    /// <summary>Has a sender wait.</summary>
    public void Await(PublishedBatch sender)
    {
        lock (_lock)
        {
            _unchecked.Add(sender);
        }
    }

    /// <summary>Who waits, and what they go by.</summary>
    public (List<PublishedBatch> Senders, BrokerTopology Known) Take()
    {
        lock (_lock)
        {
            var senders = _unchecked;
            _unchecked = [];
            return (senders, _latest);
        }
    }

    /// <summary>It was compared with the database's: this one holds.</summary>
    public void Check(List<PublishedBatch> senders, BrokerTopology latest)
    {
        lock (_lock)
        {
            _latest = latest;
        }

        foreach (var sender in senders)
        {
            sender.Topology = latest;
            sender.Confirm();
        }
    }

    /// <summary>It could not be compared.</summary>
    public void NotChecked(List<PublishedBatch> senders)
    {
        lock (_lock)
        {
            _unchecked.AddRange(senders);
        }
    }
}

/// <summary>What one call publishes: it counts one more than its copies, the look at the topology.</summary>
internal sealed class PublishedBatch(int count) : SendBatch(count + 1)
{
    /// <summary>The latest, as it was when the sender's was compared with it. Set before the last confirmation.</summary>
    public BrokerTopology Topology { get; set; } = BrokerTopology.Unknown;
}
