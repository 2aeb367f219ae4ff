using Npgsql;
using Skald.Messaging;
using Skald.Messaging.Tables;

namespace Skald.PostgreSql;

/// <summary>What one unit of work receives and sends: deleted and inserted in its own transaction.</summary>
/// <param name="broker">Whose it is.</param>
/// <param name="sql">Its statements.</param>
/// <param name="names">All the names this process has had in the database; the last one is its own.</param>
/// <param name="received">What is dealt with.</param>
/// <param name="sending">What is sent, one for each queue.</param>
/// <param name="publishedBy">The topology that what is published was copied by; null when nothing is.</param>
internal sealed class BrokerExchange(
    PostgresBroker broker, BrokerSql sql, long[] names, List<BrokerMessage> received, List<BrokerMessage> sending, BrokerTopology? publishedBy)
{
    public BrokerTopology? PublishedBy => publishedBy;

    public List<BrokerMessage> Received => received;

    public List<BrokerMessage> Sending => sending;

    public void AddTo(NpgsqlBatch batch)
    {
        if (publishedBy is not null)
        {
            batch.Add(sql.ExpectTopology).With(publishedBy.Version);
        }

        if (received.Count > 0)
        {
            batch.Add(sql.Delete).Column(received, m => m.Id).With(names);
        }

        if (sending.Count > 0)
        {
            AddInsert(batch, sql, sql.Insert, names[^1], sending);
        }
    }

    /// <summary>The unit of work has ended.</summary>
    public void End(bool committed) => broker.EndExchange(this, committed);

    public static void AddInsert(NpgsqlBatch batch, BrokerSql sql, string insert, long owner, List<BrokerMessage> messages)
    {
        // Envelopes to be written could be read.
        batch.Add(insert).Column(messages, m => m.Id).Column(messages, m => (int)m.Queue.Id).Column(messages, m => m.IsForAnyone ? 0 : owner)
            .Column(messages, m => EnvelopeCodec.Encode(m.Envelope!)).Bytes(messages, m => m.Body);
        var queues = messages.Where(m => m.IsForAnyone).Select(m => (int)m.Queue.Id).Distinct().ToArray();
        if (queues.Length > 0)
        {
            batch.Add(sql.WakeSleepers).With(queues).With(owner);
        }
    }
}
