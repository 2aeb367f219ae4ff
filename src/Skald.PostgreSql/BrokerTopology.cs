using Npgsql;
using Skald.Messaging;

namespace Skald.PostgreSql;

/// <summary>Who is subscribed to what, as of a version of the database's <c>topology</c> row.</summary>
/// <param name="Version">The version.</param>
/// <param name="Subscriptions">Each topic's queues and their ids.</param>
internal sealed record BrokerTopology(long Version, ILookup<string, (string Name, int Id)> Subscriptions)
{
    /// <summary>What is known before anything was read. No version of the database's equals its own.</summary>
    public static BrokerTopology Unknown { get; } = new(-1, Enumerable.Empty<(string, (string, int))>().ToLookup(s => s.Item1, s => s.Item2));

    /// <summary>The queues that a message goes to.</summary>
    /// <param name="envelope">The message's.</param>
    /// <param name="before">The older topology by which it was sent already; null when it was not.</param>
    public IEnumerable<(string Name, int Id)> Queues(Envelope envelope, BrokerTopology? before)
    {
        if (envelope.Published)
        {
            var queues = Subscriptions[envelope.Destination];
            return before is null ? queues : queues.Except(before.Subscriptions[envelope.Destination]);
        }

        return before is null ? [(envelope.Destination, 0)] : [];
    }

    /// <summary>Reads the answer to <see cref="BrokerSql.Topology"/>; null when what is known is the latest.</summary>
    public static async Task<BrokerTopology?> ReadAsync(NpgsqlDataReader reader, BrokerTopology known, CancellationToken cancellationToken)
    {
        var rows = await StoreRows.ReadAsync(
            reader, r => (Version: r.GetInt64(0), Topic: r.IsDBNull(1) ? null : r.GetString(1), Queue: r.IsDBNull(1) ? default : (r.GetString(2), r.GetInt32(3))), cancellationToken).ConfigureAwait(false);
        // The version comes even when there is no subscription to go with it.
        return rows[0].Version == known.Version ? null : new BrokerTopology(rows[0].Version, rows.Where(r => r.Topic is not null).ToLookup(r => r.Topic!, r => r.Queue));
    }
}
