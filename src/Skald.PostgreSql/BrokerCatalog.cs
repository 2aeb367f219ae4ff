using Skald.Messaging;

namespace Skald.PostgreSql;

/// <summary>The queues, topics and subscriptions that there are.</summary>
internal sealed class BrokerCatalog(PostgresDatabase database, BrokerSql sql)
{
    public ValueTask<List<(string Name, int Id)>> QueueIdsAsync(string[] names, CancellationToken cancellationToken) => database.RowsAsync(
        batch =>
        {
            batch.Add(sql.AddQueues).With(names);
            batch.Add(sql.FindQueues).With(names);
        },
        r => (r.GetString(0), r.GetInt32(1)),
        cancellationToken);

    public ValueTask<BrokerTopology> TopologyAsync(CancellationToken cancellationToken) => database.AskAsync(
        batch => batch.Add(sql.Topology).With(BrokerTopology.Unknown.Version),
        // No version of the database's equals the unknown one's.
        async (reader, token) => (await BrokerTopology.ReadAsync(reader, BrokerTopology.Unknown, token).ConfigureAwait(false))!,
        cancellationToken);

    /// <param name="topic">Created if need be.</param>
    /// <param name="queue">Subscribed to it, and created if need be; null for the topic alone.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    public async Task AddTopicAsync(string topic, string? queue, CancellationToken cancellationToken) => await database.ExecuteAsync(
        batch =>
        {
            batch.Add(sql.AddTopic).With(topic);
            if (queue is not null)
            {
                batch.Add(sql.AddQueues).With(new[] { queue });
                batch.Add(sql.AddSubscription).With(topic).With(queue);
            }
        },
        cancellationToken).ConfigureAwait(false);

    public async Task<IReadOnlyList<Topic>> TopicsAsync(CancellationToken cancellationToken) => Topic.FromRows(
        await database.RowsAsync(batch => batch.Add(sql.Topics), r => (r.GetString(0), r.IsDBNull(1) ? null : r.GetString(1)), cancellationToken).ConfigureAwait(false));
}
