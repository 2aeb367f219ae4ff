namespace Skald.PostgreSql;

// What people ask.
internal sealed partial class StoreSql
{
    public string FindSaga => field ??= $"SELECT {SagaColumns} FROM {_}.skald_sagas WHERE id = $1";

    public string Sagas => field ??= Page("skald_sagas", SagaColumns);

    public string UnchangedSagas => field ??= Page("skald_sagas", SagaColumns, Unchanged);

    public string FailedSagas => field ??= FailurePage(SagaColumns);

    public string SagasOfKey => field ??= $"SELECT {SagaColumns} {OfKey}";

    public string CountSagasOfKey => field ??= $"SELECT count(*) FROM (SELECT 1 {OfKey}) AS counted";

    public string CountSagas => field ??= Count("skald_sagas");

    public string CountUnchangedSagas => field ??= Count("skald_sagas", Unchanged);

    public string CountFailedSagas => field ??= $"{Kinds} SELECT count(*) FROM (SELECT 1 FROM wanted AS s CROSS JOIN LATERAL (SELECT 1 {OfKind} LIMIT $6) AS counted LIMIT $6) AS capped";

    /// <summary>Of the kinds that are wanted: $6 is the most of each that are counted, $10 the most kinds.</summary>
    public string FailureGroups => field ??=
        $"{Kinds} SELECT s.name, s.in_status, s.step, s.type, (SELECT count(*) FROM (SELECT 1 {OfKind} LIMIT $6) AS counted), " +
        $"(SELECT r.started_at {OfKind.Replace("DESC", "ASC", StringComparison.Ordinal)} LIMIT 1), (SELECT r.id {OfKind} LIMIT 1) FROM (SELECT * FROM wanted ORDER BY name, in_status, failure LIMIT $10) AS s ORDER BY s.name, s.in_status, s.failure";

    public string FindFlow => field ??= $"SELECT {FlowColumns} FROM {_}.skald_flows WHERE id = $1";

    public string Flows => field ??= Page("skald_flows", FlowColumns);

    public string UnchangedFlows => field ??= Page("skald_flows", FlowColumns, Unchanged);

    public string FlowDefinitions => field ??= Pairs("skald_flows") + " SELECT DISTINCT name FROM pairs";

    public string CountFlows => field ??= Count("skald_flows");

    public string CountUnchangedFlows => field ??= Count("skald_flows", Unchanged);

    public string LedgerOf => field ??= $"SELECT {LedgerColumns} FROM {_}.skald_ledger WHERE bucket = $1 AND scope = $2 ORDER BY step, secret, undo, attempt LIMIT $3";

    public string LedgerPage => field ??=
        $"SELECT {LedgerColumns} FROM {_}.skald_ledger WHERE scope >= $1 ORDER BY scope, step, secret, undo, attempt LIMIT $2";

    public string SagaOutlines => field ??= $"SELECT id, definition, plan_version, version, status, steps FROM {_}.skald_sagas WHERE id >= $1 ORDER BY id LIMIT $2";

    public string RemovedPage => field ??= $"SELECT id, definition, key, status, started_at, ended_at, at FROM {_}.skald_removed WHERE id >= $1 ORDER BY id LIMIT $2";

    /// <summary>Whose lock is free is gone, whether or not somebody has said so; not soon after the server was started. Whoever asks holds the lock for a moment, beside others who ask.</summary>
    public string Instances => field ??=
        $"WITH listed AS MATERIALIZED (SELECT number, name, joined_at, gone_at, knows FROM {_}.skald_processes WHERE number > 0 ORDER BY number DESC LIMIT $1) " +
        "SELECT number, name, (extract(epoch FROM joined_at) * 1000)::bigint, (extract(epoch FROM gone_at) * 1000)::bigint, knows, " +
        $"CASE WHEN gone_at IS NOT NULL THEN true WHEN pg_postmaster_start_time() > clock_timestamp() - $2::interval THEN false ELSE pg_try_advisory_xact_lock_shared({LivingLock("number")}) END " +
        "FROM listed ORDER BY number DESC";

    public string WaitingSagas => field ??=
        $"SELECT {SagaColumns} FROM {_}.skald_sagas WHERE wake_slot IS NOT NULL AND wake_slot >= $1 >> 10 AND (wake_at, id) > ($1, $2) ORDER BY wake_slot, wake_at, id LIMIT $3";

    public string Journal => field ??=
        $"SELECT owner, version, at, entries, actor, reason FROM {_}.skald_journal WHERE bucket = $1 AND owner = $2 ORDER BY seq OFFSET $3 LIMIT $4";

    public string FindDeadLetter => field ??= $"SELECT {LetterColumns} FROM {_}.skald_dead_letters WHERE number = $1";

    public string DeadLetters => field ??= $"SELECT {LetterColumns} FROM {_}.skald_dead_letters WHERE number > $1 ORDER BY number LIMIT $2";

    public string DeadLettersOfKind => field ??= $"SELECT {LetterColumns} FROM {_}.skald_dead_letters WHERE kind = $1 AND number > $2 ORDER BY number LIMIT $3";

    /// <summary>$1 is the most of each kind that are counted, $2 the most kinds.</summary>
    public string DeadLetterGroups => field ??=
        $"WITH RECURSIVE kinds (kind) AS ((SELECT kind FROM {_}.skald_dead_letters ORDER BY kind LIMIT 1) UNION ALL " +
        $"SELECT n.kind FROM kinds AS k CROSS JOIN LATERAL (SELECT kind FROM {_}.skald_dead_letters WHERE kind > k.kind ORDER BY kind LIMIT 1) AS n) " +
        $"SELECT k.kind, (SELECT count(*) FROM (SELECT 1 FROM {_}.skald_dead_letters AS d WHERE d.kind = k.kind ORDER BY d.number LIMIT $1) AS counted), " +
        $"(SELECT d.at FROM {_}.skald_dead_letters AS d WHERE d.kind = k.kind ORDER BY d.number LIMIT 1), (SELECT d.number FROM {_}.skald_dead_letters AS d WHERE d.kind = k.kind ORDER BY d.number DESC LIMIT 1) " +
        "FROM (SELECT kind FROM kinds LIMIT $2) AS k ORDER BY k.kind";

    public string Delayed => field ??=
        $"SELECT id, envelope, body, attempts, waits, due, reason, line, place, plan, saga FROM {_}.skald_delayed WHERE due >= $1 AND (due, id) > ($1, $2) ORDER BY due, id LIMIT $3";

    public string Outbox => field ??=
        $"SELECT id, envelope, body, claimed_until FROM {_}.skald_outbox WHERE claimed_until >= $1 AND (claimed_until, id) > ($1, $2) ORDER BY claimed_until, id LIMIT $3";

    public string CountOutbox => field ??= $"SELECT count(*) FROM (SELECT 1 FROM {_}.skald_outbox LIMIT $1) AS counted";

    public string FindRequest => field ??= $"SELECT key, fingerprint, answer, at FROM {_}.skald_requests WHERE key = $1";

    private const string LedgerColumns = "scope, step, secret, undo, attempt, message, outcome, reply_type, reply, at";

    private const string LetterColumns = "number, envelope, body, reason, attempts, at, saga";

    private const string Unchanged = " AND r.updated_at < $7";

    /// <summary>As the index of failures has it.</summary>
    private const string Failure = "(left(coalesce(failed_step, ''), 200) || chr(10) || left(coalesce(failure_type, ''), 200))";

    private const string IsFailure = "(failed_step IS NOT NULL OR failure_type IS NOT NULL OR park_reason IS NOT NULL)";

    /// <summary>The pairs of definition and status that have rows, by jumping through the index from one to the next. There are few, however many rows.</summary>
    private string Pairs(string table) =>
        $"WITH RECURSIVE pairs (name, in_status) AS ((SELECT definition, status FROM {_}.{table} ORDER BY definition, status LIMIT 1) UNION ALL " +
        $"SELECT n.definition, n.status FROM pairs AS p CROSS JOIN LATERAL (SELECT definition, status FROM {_}.{table} WHERE (definition, status) > (p.name, p.in_status) ORDER BY definition, status LIMIT 1) AS n)";

    /// <summary>Those that are asked for: the index has each pair's rows in the order of lists. $1 is the definition or null, $2 the statuses, none for all.</summary>
    private string Stretches(string table) => Pairs(table) + ", stretches AS (SELECT * FROM pairs WHERE ($1::text IS NULL OR name = $1) AND (cardinality($2::int[]) = 0 OR in_status = ANY ($2))) ";

    private string Page(string table, string columns, string more = "") => Stretches(table) +
        $"SELECT {columns} FROM stretches AS s CROSS JOIN LATERAL (SELECT {columns} FROM {_}.{table} AS r WHERE r.definition = s.name AND r.status = s.in_status AND r.started_at >= $3 " +
        $"AND (r.started_at, r.id) < ($4, $5){more} ORDER BY r.started_at DESC, r.id DESC LIMIT $6) AS page " +
        "ORDER BY started_at DESC, id DESC LIMIT $6";

    /// <summary>In the order of the index: without one the planner may read the table instead, in the hope to meet enough rows soon.</summary>
    private string Count(string table, string more = "") => Stretches(table) +
        $"SELECT count(*) FROM (SELECT 1 FROM stretches AS s CROSS JOIN LATERAL (SELECT 1 FROM {_}.{table} AS r WHERE r.definition = s.name AND r.status = s.in_status AND r.started_at >= $3 " +
        $"AND (r.started_at, r.id) < ($4, $5){more} ORDER BY r.started_at DESC, r.id DESC LIMIT $6) AS counted LIMIT $6) AS capped";

    /// <summary>The kinds of failures that have rows, as <see cref="Pairs"/>, and those that are asked for: $8 is the step or null, $9 the type or null.</summary>
    private string Kinds =>
        $"WITH RECURSIVE kinds (name, in_status, failure, step, type) AS ((SELECT definition, status, {Failure}, failed_step, failure_type FROM {_}.skald_sagas WHERE {IsFailure} ORDER BY definition, status, {Failure} LIMIT 1) UNION ALL " +
        $"SELECT n.* FROM kinds AS k CROSS JOIN LATERAL (SELECT definition, status, {Failure} AS failure, failed_step, failure_type FROM {_}.skald_sagas WHERE {IsFailure} AND (definition, status, {Failure}) > (k.name, k.in_status, k.failure) " +
        $"ORDER BY definition, status, {Failure} LIMIT 1) AS n), wanted AS (SELECT * FROM kinds WHERE ($1::text IS NULL OR name = $1) AND (cardinality($2::int[]) = 0 OR in_status = ANY ($2)) AND ($8::text IS NULL OR step = $8) AND ($9::text IS NULL OR type = $9))";

    private string OfKind =>
        $"FROM {_}.skald_sagas AS r WHERE {IsFailure} AND r.definition = s.name AND r.status = s.in_status AND {Failure} = s.failure AND r.started_at >= $3 AND (r.started_at, r.id) < ($4, $5){Unchanged} ORDER BY r.started_at DESC, r.id DESC";

    private string FailurePage(string columns) => $"{Kinds} SELECT {columns} FROM wanted AS s CROSS JOIN LATERAL (SELECT {columns} {OfKind} LIMIT $6) AS page ORDER BY started_at DESC, id DESC LIMIT $6";

    private string OfKey =>
        $"FROM {_}.skald_sagas WHERE business_key = $10 AND started_at >= $3 AND (started_at, id) < ($4, $5) AND ($1::text IS NULL OR definition = $1) AND (cardinality($2::int[]) = 0 OR status = ANY ($2)) " +
        "AND updated_at < $7 AND ($8::text IS NULL OR failed_step = $8) AND ($9::text IS NULL OR failure_type = $9) ORDER BY started_at DESC, id DESC LIMIT $6";
}
