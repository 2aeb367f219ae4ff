namespace Skald.PostgreSql;

/// <summary>Every statement of the broker. Owners' times are the database's: no two clocks are compared.</summary>
internal sealed class BrokerSql(string schema)
{
    private readonly string _ = Identifier.Quoted(schema);

    public string Channel => schema;

    public string InsertOwner => field ??= $"INSERT INTO {_}.owners (seen_at) VALUES (clock_timestamp()) RETURNING id";

    public string SeeOwner => field ??= $"UPDATE {_}.owners SET seen_at = clock_timestamp() WHERE id = $1 RETURNING id";

    public string FindDead => field ??= $"SELECT id FROM {_}.owners WHERE id <> $1 AND seen_at < clock_timestamp() - $2::interval";

    public string DeleteDead => field ??= $"DELETE FROM {_}.owners WHERE id = ANY($1) AND seen_at < clock_timestamp() - $2::interval";

    public string DeleteOwners => field ??= $"DELETE FROM {_}.owners WHERE id = ANY($1)";

    /// <summary>The owner, who then does not go before the commit. Before anything else is locked: whoever frees an owner's messages has locked him first.</summary>
    public string KeepOwner => field ??= $"SELECT id FROM {_}.owners WHERE id = $1 FOR KEY SHARE";

    public string FreeOrphans => field ??= $"UPDATE {_}.messages SET owner = 0 WHERE owner <> 0 AND owner {IsNobody}";

    public string NextIds => field ??= $"SELECT nextval('{_}.message_ids')";

    public const int IdsInBlock = 10_000;

    public string AddQueues => field ??= $"INSERT INTO {_}.queues (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING";

    public string FindQueues => field ??= $"SELECT name, id FROM {_}.queues WHERE name = ANY($1)";

    public string Insert => field ??=
        $"INSERT INTO {_}.messages (id, queue, owner, envelope, body) SELECT * FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bytea[], $5::bytea[])";

    /// <summary>A row that is there already was written by an attempt whose confirmation got lost.</summary>
    public string InsertAgain => field ??= Insert + " ON CONFLICT DO NOTHING";

    /// <summary>Those that somebody else has taken over stay: he recognises the repeat.</summary>
    public string Delete => field ??= $"DELETE FROM {_}.messages WHERE id = ANY($1) AND (owner = 0 OR owner = ANY($2))";

    public string Free => field ??= $"UPDATE {_}.messages SET owner = 0 WHERE id = ANY($1) AND owner = ANY($2)";

    /// <summary>Nothing, if the owner is gone; he does not go before the commit. Where there is nothing, nothing is locked either: that would be a write.</summary>
    public string Take => field ??=
        $"WITH free AS MATERIALIZED (SELECT id FROM {_}.messages WHERE queue = $2 AND owner = 0 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED), " +
        $"keeper AS MATERIALIZED (SELECT id FROM {_}.owners WHERE id = $1 AND EXISTS (SELECT FROM free) FOR KEY SHARE) " +
        $"UPDATE {_}.messages AS m SET owner = keeper.id FROM keeper WHERE m.id = ANY (ARRAY(SELECT id FROM free)) RETURNING m.id, m.envelope, m.body";

    public string Sleep => field ??= $"INSERT INTO {_}.sleepers (queue, owner) SELECT unnest($1::int[]), $2 ON CONFLICT DO NOTHING";

    /// <summary>Notifies each sleeper once: NOTIFY makes commits queue up, so it is for those who really wait.</summary>
    public string WakeSleepers => field ??= Wake("queue = ANY($1) AND owner <> $2");

    public string WakeAll => field ??= Wake("owner <> $1");

    public string ForgetSleepers => field ??= $"DELETE FROM {_}.sleepers WHERE owner {IsNobody}";

    public string AddTopic => field ??= $"INSERT INTO {_}.topics (name) VALUES ($1) ON CONFLICT DO NOTHING";

    /// <summary>The version's row is locked to the commit: whoever reads it sees every subscription that it counts.</summary>
    public string AddSubscription => field ??=
        $"WITH added AS (INSERT INTO {_}.subscriptions (topic, queue) SELECT t.id, q.id FROM {_}.topics AS t, {_}.queues AS q WHERE t.name = $1 AND q.name = $2 ON CONFLICT DO NOTHING RETURNING topic) " +
        $"UPDATE {_}.topology SET version = version + 1 WHERE EXISTS (SELECT FROM added)";

    public string Topics => field ??=
        $"SELECT t.name, q.name FROM {_}.topics AS t LEFT JOIN {_}.subscriptions AS s ON s.topic = t.id LEFT JOIN {_}.queues AS q ON q.id = s.queue";

    /// <summary>The version; with it, when it is not the one that is known, all subscriptions.</summary>
    public string Topology => field ??=
        $"SELECT v.version, s.topic, s.queue, s.id FROM {_}.topology AS v LEFT JOIN LATERAL (SELECT t.name AS topic, q.name AS queue, q.id " +
        $"FROM {_}.subscriptions AS s JOIN {_}.topics AS t ON t.id = s.topic JOIN {_}.queues AS q ON q.id = s.queue WHERE v.version <> $1) AS s ON true";

    /// <summary>Stops the batch before its commit when somebody has subscribed meanwhile.</summary>
    public string ExpectTopology => field ??= $"SELECT {_}.expect_topology($1)";

    private string IsNobody => $"<> ALL (ARRAY(SELECT id FROM {_}.owners))";

    private string Wake(string condition) =>
        $"WITH woken AS (DELETE FROM {_}.sleepers WHERE (queue, owner) IN (SELECT queue, owner FROM {_}.sleepers WHERE {condition} FOR UPDATE SKIP LOCKED) RETURNING queue, owner) " +
        $"SELECT pg_notify('{schema}', owner || ':' || queue) FROM woken";
}
