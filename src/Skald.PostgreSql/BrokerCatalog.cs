using Npgsql;
using Skald.Messaging;

namespace Skald.PostgreSql;

/// <summary>The queues, topics and subscriptions that there are.</summary>
internal sealed class BrokerCatalog(PostgresDatabase database, BrokerSql sql)
{
    public ValueTask<List<(string Name, int Id)>> QueueIdsAsync(string[] names, CancellationToken cancellationToken) => database.RunAsync(async token =>
    {
        var batch = database.Statements.CreateBatch();
        await using (batch.ConfigureAwait(false))
        {
            batch.Add(sql.AddQueues).With(names);
            batch.Add(sql.FindQueues).With(names);
            var reader = await batch.ExecuteReaderAsync(token).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await StoreRows.ReadAsync(reader, r => (r.GetString(0), r.GetInt32(1)), token).ConfigureAwait(false);
            }
        }
    }, cancellationToken);

    public ValueTask<BrokerTopology> TopologyAsync(CancellationToken cancellationToken) => database.RunAsync(async token =>
    {
        var command = database.Statements.CreateCommand(sql.Topology);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = BrokerTopology.Unknown.Version });
            var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                // No version of the database's equals the unknown one's.
                return (await BrokerTopology.ReadAsync(reader, BrokerTopology.Unknown, token).ConfigureAwait(false))!;
            }
        }
    }, cancellationToken);

    /// <param name="topic">Created if need be.</param>
    /// <param name="queue">Subscribed to it, and created if need be; null for the topic alone.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    public ValueTask<int> AddTopicAsync(string topic, string? queue, CancellationToken cancellationToken) => database.RunAsync(async token =>
    {
        var batch = database.Statements.CreateBatch();
        await using (batch.ConfigureAwait(false))
        {
            batch.Add(sql.AddTopic).With(topic);
            if (queue is not null)
            {
                batch.Add(sql.AddQueues).With(new[] { queue });
                batch.Add(sql.AddSubscription).With(topic).With(queue);
            }

            return await batch.ExecuteNonQueryAsync(token).ConfigureAwait(false);
        }
    }, cancellationToken);

    public ValueTask<IReadOnlyList<Topic>> TopicsAsync(CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<Topic>>(async token =>
    {
        var command = database.Statements.CreateCommand(sql.Topics);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return Topic.FromRows(
                    await StoreRows.ReadAsync(reader, r => (r.GetString(0), r.IsDBNull(1) ? null : r.GetString(1)), token).ConfigureAwait(false));
            }
        }
    }, cancellationToken);
}
