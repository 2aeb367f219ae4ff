using Skald.Storage;
using Skald.Storage.Tables;

namespace Skald.PostgreSql;

/// <summary>Every statement of the store, for one service's schema. Rows travel as one array per column.</summary>
internal sealed partial class StoreSql(string schema)
{
    private const string SagaColumns =
        "id, definition, plan_version, version, status, state, steps, failed_step, failure_type, failure_message, park_reason, " +
        "wake_at, started_at, updated_at, ended_at, business_key, trace_parent, incarnation, hold";

    private const string FlowColumns = "id, definition, flow, version, status, seen, reason, wake_at, started_at, updated_at, ended_at";

    private readonly string _ = Identifier.Quoted(schema);

    // --- Loading

    /// <summary>In one order for everybody, so that nobody waits in a circle.</summary>
    public string LoadSagas => field ??= $"SELECT {SagaColumns} FROM {_}.skald_sagas WHERE id = ANY($1) ORDER BY id FOR UPDATE";

    public string LoadFlows => field ??= $"SELECT {FlowColumns} FROM {_}.skald_flows WHERE id = ANY($1) ORDER BY id FOR UPDATE";

    /// <summary>
    /// A row that is not there yet cannot be locked, its key can: of an action, its undo and their copies, however many
    /// processes have them at once, each sees what the one before it has committed.
    /// </summary>
    public const string LockKeys = "SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key";

    public BusinessKeySql Keys => field ??= new()
    {
        Take = $"INSERT INTO {_}.skald_lock (key, owner, at) SELECT @key, @value, @at WHERE NOT EXISTS (SELECT 1 FROM {_}.skald_delayed WHERE line = @key AND place < @place) ON CONFLICT (key) DO NOTHING",
        Release = $"DELETE FROM {_}.skald_lock WHERE key = @key AND owner = @value",
        ReleaseAll = $"DELETE FROM {_}.skald_lock WHERE owner = @value RETURNING key",
        Owner = $"SELECT owner FROM {_}.skald_lock WHERE key = @key",
        // Whoever frees it, or leaves its line, takes the same lock before it looks who waits.
        KeepLine = $"SELECT pg_advisory_xact_lock({NumberOf("line", "@key")})",
        Bury = $"INSERT INTO {_}.skald_tombstone (key, reason, at) VALUES (@key, @value, @at) ON CONFLICT (key) DO NOTHING",
        Tombstone = $"SELECT reason FROM {_}.skald_tombstone WHERE key = @key",
        // Of two that act on one key, the second sees what the first did.
        Hold = $"SELECT pg_advisory_xact_lock({NumberOf("tombstone", "@key")})",
    };

    /// <summary>One look into one partition's index per key, whatever the planner believes about the table's size.</summary>
    public string LoadLedger => field ??=
        "SELECT l.scope, l.step, l.secret, l.undo, l.attempt, l.message, l.outcome, l.reply_type, l.reply, l.at " +
        "FROM unnest($1::int[], $2::uuid[], $3::text[], $4::uuid[]) AS k (bucket, scope, step, secret) CROSS JOIN LATERAL " +
        $"(SELECT * FROM {_}.skald_ledger AS l WHERE l.bucket = k.bucket AND l.scope = k.scope AND l.step = k.step AND l.secret = k.secret OFFSET 0) AS l";

    /// <summary>That nobody has handled what was taken for new; under the locks of its keys.</summary>
    public string ExpectNoLedger => field ??=
        $"SELECT {_}.skald_expect(NOT EXISTS (SELECT FROM unnest($1::int[], $2::uuid[], $3::text[], $4::uuid[]) AS k (bucket, scope, step, secret) CROSS JOIN LATERAL " +
        $"(SELECT 1 FROM {_}.skald_ledger AS l WHERE l.bucket = k.bucket AND l.scope = k.scope AND l.step = k.step AND l.secret = k.secret OFFSET 0) AS l))";

    /// <summary>That rows which were believed and are not written are still what they were.</summary>
    public string ExpectSagas => field ??=
        $"SELECT {_}.skald_expect(count(*) = $3) FROM unnest($1::uuid[], $2::bigint[]) AS k (id, version) JOIN {_}.skald_sagas AS s ON s.id = k.id AND s.version = k.version";

    public string ExpectFlows => field ??=
        $"SELECT {_}.skald_expect(count(*) = $3) FROM unnest($1::uuid[], $2::bigint[]) AS k (id, version) JOIN {_}.skald_flows AS f ON f.id = k.id AND f.version = k.version";

    public string LoadRequests => field ??= $"SELECT key, fingerprint, answer, at FROM {_}.skald_requests WHERE key = ANY($1)";

    public string LoadPositions => field ??=
        $"SELECT p.topic, p.source, p.stream, p.version FROM unnest($1::text[], $2::text[], $3::text[]) AS k (topic, source, stream) JOIN {_}.skald_stream_positions AS p USING (topic, source, stream)";

    public string LoadDelayed => field ??= $"SELECT id, envelope, body, attempts, waits, due, reason, line, place, plan, saga FROM {_}.skald_delayed WHERE id = ANY($1) ORDER BY id FOR UPDATE";

    // --- Writing

    /// <summary>Inserts version 1, updates from the version before; anything else stops the batch before its commit. What never changes is not updated; a state that has not changed comes empty.</summary>
    public string WriteSagas => field ??=
        $"WITH written AS (INSERT INTO {_}.skald_sagas AS s ({SagaColumns}) " +
        "SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::smallint[], $6::bytea[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], " +
        "$12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::text[], $17::text[], $18::bigint[], $19::text[]) " +
        "ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status, state = CASE WHEN octet_length(excluded.state) = 0 THEN s.state ELSE excluded.state END, steps = excluded.steps, " +
        "failed_step = excluded.failed_step, failure_type = excluded.failure_type, failure_message = excluded.failure_message, park_reason = excluded.park_reason, " +
        "wake_at = excluded.wake_at, updated_at = excluded.updated_at, ended_at = excluded.ended_at, business_key = excluded.business_key, " +
        "incarnation = excluded.incarnation, hold = excluded.hold WHERE s.version = excluded.version - 1 " +
        "RETURNING s.version = 1 AS is_new, s.xmax = 0 AS inserted) " +
        $"SELECT {_}.skald_expect(count(*) = $20 AND bool_and(is_new = inserted)) FROM written";

    public string WriteFlows => field ??=
        $"WITH written AS (INSERT INTO {_}.skald_flows AS f ({FlowColumns}) " +
        "SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::smallint[], $6::bytea[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[]) " +
        "ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status, seen = excluded.seen, reason = excluded.reason, " +
        "wake_at = excluded.wake_at, updated_at = excluded.updated_at, ended_at = excluded.ended_at WHERE f.version = excluded.version - 1 " +
        "RETURNING f.version = 1 AS is_new, f.xmax = 0 AS inserted) " +
        $"SELECT {_}.skald_expect(count(*) = $12 AND bool_and(is_new = inserted)) FROM written";

    /// <summary>In one order for everybody: whoever is about to join one of these lines has joined it, or sees what is written here.</summary>
    public string HoldLines => field ??=
        $"SELECT pg_advisory_xact_lock(n) FROM (SELECT DISTINCT {NumberOf("line", "key")} AS n FROM " +
        $"(SELECT unnest($1::text[]) AS key UNION ALL SELECT key FROM {_}.skald_lock WHERE owner = ANY($2)) AS lines ORDER BY 1) AS held";

    /// <summary>
    /// Frees the locks of owners; whoever comes first in the line of one that is free now is due. A row that somebody has in a transaction just now is passed over: that
    /// one looks at the line, too.
    /// </summary>
    public string FreeAndWake => field ??=
        $"WITH deleted AS (DELETE FROM {_}.skald_lock WHERE owner = ANY($3) RETURNING key), " +
        "freed AS (SELECT unnest($2::text[]) AS key UNION SELECT key FROM deleted), " +
        $"first AS MATERIALIZED (SELECT f.id FROM freed CROSS JOIN LATERAL (SELECT id FROM {_}.skald_delayed WHERE line = freed.key ORDER BY place LIMIT 1) AS f " +
        $"WHERE NOT EXISTS (SELECT FROM {_}.skald_lock AS l WHERE l.key = freed.key AND l.owner <> ALL($3))), " +
        $"asleep AS (SELECT id FROM {_}.skald_delayed WHERE id IN (SELECT id FROM first) AND due > $4 FOR UPDATE SKIP LOCKED) " +
        $"UPDATE {_}.skald_delayed AS d SET due = $1 FROM asleep WHERE d.id = asleep.id";

    public string InsertRequests => field ??=
        $"WITH written AS (INSERT INTO {_}.skald_requests (key, fingerprint, answer, at) SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[]) " +
        $"ON CONFLICT (key) DO NOTHING RETURNING key) SELECT {_}.skald_expect(count(*) = $5) FROM written";

    public string InsertJournal => field ??=
        $"INSERT INTO {_}.skald_journal (bucket, owner, at, version, entries, actor, reason) " +
        "SELECT * FROM unnest($1::int[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[])";

    public string UpsertPositions => field ??=
        $"INSERT INTO {_}.skald_stream_positions (topic, source, stream, version) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) " +
        "ON CONFLICT (topic, source, stream) DO UPDATE SET version = excluded.version";

    public string UpsertLedger => field ??=
        $"INSERT INTO {_}.skald_ledger (bucket, scope, step, secret, undo, attempt, message, outcome, reply_type, reply, at) " +
        "SELECT * FROM unnest($1::int[], $2::uuid[], $3::text[], $4::uuid[], $5::boolean[], $6::int[], $7::text[], $8::smallint[], $9::text[], $10::bytea[], $11::bigint[]) " +
        "ON CONFLICT (scope, step, secret, undo, attempt, bucket) DO UPDATE SET message = excluded.message, outcome = excluded.outcome, " +
        "reply_type = excluded.reply_type, reply = excluded.reply, at = excluded.at";

    /// <summary>
    /// Each stream goes on from its last event, which an earlier transaction must have written: one that began to write before it
    /// would put the later event first in the order of all. Anything else stops the batch before its commit.
    /// </summary>
    public string InsertEvents => field ??=
        $"WITH clock AS (SELECT shift + pg_current_xact_id()::text::bigint AS tx FROM {_}.skald_event_clock), " +
        "added AS (SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[], $5::bigint[], $6::uuid[], $7::uuid[], $8::text[]) " +
        "WITH ORDINALITY AS n (stream, version, type, body, at, correlation, causation, actor, place)), " +
        "firsts AS (SELECT stream, min(version) AS version, max(version) - min(version) + 1 = count(*) AS whole FROM added GROUP BY stream), " +
        $"inserted AS (INSERT INTO {_}.skald_events (tx, stream, version, type, body, at, correlation, causation, actor) " +
        "SELECT tx, stream, version, type, body, at, correlation, causation, actor FROM added, clock ORDER BY place) " +
        $"SELECT {_}.skald_expect(bool_and(f.whole AND (f.version = 1 OR EXISTS (SELECT 1 FROM {_}.skald_events AS e " +
        "WHERE e.stream = f.stream AND e.version = f.version - 1 AND e.tx < c.tx)))) FROM firsts AS f, clock AS c";

    public string UpsertSnapshots => field ??=
        $"INSERT INTO {_}.skald_snapshots (stream, version, shape, state) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[]) " +
        "ON CONFLICT (stream) DO UPDATE SET version = excluded.version, shape = excluded.shape, state = excluded.state";

    public string UpsertOutbox => field ??=
        $"INSERT INTO {_}.skald_outbox (id, envelope, body, claimed_until) SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bigint[]) " +
        "ON CONFLICT (id) DO UPDATE SET envelope = excluded.envelope, body = excluded.body, claimed_until = excluded.claimed_until";

    public string DeleteOutbox => field ??= $"DELETE FROM {_}.skald_outbox WHERE id = ANY($1)";

    public string UpsertDelayed => field ??=
        $"INSERT INTO {_}.skald_delayed (id, envelope, body, attempts, waits, due, reason, line, place, plan, saga) " +
        "SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::int[], $5::int[], $6::bigint[], $7::text[], $8::text[], $9::bigint[], $10::text[], $11::uuid[]) " +
        "ON CONFLICT (id) DO UPDATE SET envelope = excluded.envelope, body = excluded.body, attempts = excluded.attempts, waits = excluded.waits, due = excluded.due, reason = excluded.reason, line = excluded.line, place = excluded.place, plan = excluded.plan, saga = excluded.saga";

    public string DeleteDelayed => field ??= $"DELETE FROM {_}.skald_delayed WHERE id = ANY($1)";

    public string InsertDeadLetters => field ??=
        $"INSERT INTO {_}.skald_dead_letters (envelope, body, reason, attempts, at, saga, kind) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::int[], $5::bigint[], $6::uuid[], $7::text[])";

    public string DeleteDeadLetters => field ??= $"DELETE FROM {_}.skald_dead_letters WHERE number = ANY($1)";

    // --- What need not be kept

    /// <summary>
    /// For the rest of the transaction: rows that are found by their keys are looked up in an index. A table that was never analysed has two hundred different values in each column, as
    /// the planner believes, and it would read all of it.
    /// </summary>
    public const string ByIndex = "SELECT set_config('enable_seqscan', 'off', true)";

    public const string AsUsual = "SELECT set_config('enable_seqscan', 'on', true)";

    /// <summary>The engine's tables of which one row in six is dead, and not just a few.</summary>
    public string ManyDead => field ??=
        $"SELECT relname::text FROM pg_stat_user_tables WHERE schemaname = '{schema}' AND starts_with(relname::text, 'skald_') AND n_dead_tup >= 20000 AND n_dead_tup * 5 >= n_live_tup";

    public string FirstInstance => field ??= $"SELECT coalesce(min(number), 0) FROM {_}.skald_processes WHERE number > 0 AND gone_at IS NULL";

    /// <summary>The longest ended first; those of plans that nobody knows later than others, and none of a plan that only another instance knows.</summary>
    public string EndedSagas => field ??=
        $"SELECT id FROM {_}.skald_sagas AS s WHERE ended_at < greatest($1::bigint, $2::bigint) AND hold IS NULL AND CASE WHEN {IsAmong("$4", Plan)} THEN ended_at < $1 WHEN ended_at < $2 THEN {NobodyKnows} ELSE false END ORDER BY ended_at LIMIT $3";

    public string EndedFlows => field ??= $"SELECT id FROM {_}.skald_flows WHERE ended_at < $1 ORDER BY ended_at LIMIT $2";

    /// <summary>When the last one ended that is kept when so many are; null when there are not that many.</summary>
    public string LastKeptSaga => field ??= $"SELECT (SELECT ended_at FROM {_}.skald_sagas WHERE ended_at IS NOT NULL AND hold IS NULL ORDER BY ended_at DESC LIMIT 1 OFFSET $1)";

    public string LastKeptFlow => field ??= $"SELECT (SELECT ended_at FROM {_}.skald_flows WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1 OFFSET $1)";

    public string DeleteOldRequests => field ??=
        $"DELETE FROM {_}.skald_requests WHERE key = ANY (ARRAY(SELECT key FROM {_}.skald_requests WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED))";

    public string DeleteOldMessages => field ??=
        $"WITH old AS MATERIALIZED (SELECT bucket, scope FROM {_}.skald_ledger WHERE step = '' AND outcome <> 0 AND at < $1 ORDER BY at LIMIT $2) " +
        $"DELETE FROM {_}.skald_ledger AS l USING old WHERE l.bucket = old.bucket AND l.scope = old.scope AND l.step = ''";

    public string DeleteOldTimelines => field ??=
        $"WITH old AS MATERIALIZED (SELECT bucket, owner, seq FROM {_}.skald_journal WHERE version = 0 AND at < $1 ORDER BY at LIMIT $2) " +
        $"DELETE FROM {_}.skald_journal AS j USING old WHERE j.bucket = old.bucket AND j.owner = old.owner AND j.seq = old.seq";

    public string DeleteOldRemoved => field ??=
        $"DELETE FROM {_}.skald_removed WHERE id = ANY (ARRAY(SELECT id FROM {_}.skald_removed WHERE at < $1 ORDER BY at LIMIT $2))";

    public string DeleteSagas => field ??= $"DELETE FROM {_}.skald_sagas WHERE id = ANY($1)";

    public string DeleteFlows => field ??= $"DELETE FROM {_}.skald_flows WHERE id = ANY($1)";

    public string DeleteJournal => field ??= $"DELETE FROM {_}.skald_journal WHERE bucket = ANY($1) AND owner = ANY($2)";

    public string DeleteLedger => field ??=
        $"DELETE FROM {_}.skald_ledger AS l USING unnest($1::int[], $2::uuid[], $3::text[], $4::uuid[]) AS k (bucket, scope, step, secret) " +
        "WHERE l.bucket = k.bucket AND l.scope = k.scope AND l.step = k.step AND l.secret = k.secret";

    public string UpsertRemoved => field ??=
        $"INSERT INTO {_}.skald_removed (id, definition, key, status, started_at, ended_at, at) " +
        "SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[]) ON CONFLICT (id) DO UPDATE SET definition = excluded.definition, key = excluded.key, status = excluded.status, started_at = excluded.started_at, ended_at = excluded.ended_at, at = excluded.at";

    public string FindRemoved => field ??= $"SELECT id, definition, key, status, started_at, ended_at, at FROM {_}.skald_removed WHERE id = $1";

    public string Unhandled => field ??=
        $"SELECT k.saga FROM unnest($1::uuid[]) AS k (saga) WHERE EXISTS (SELECT 1 FROM {_}.skald_delayed AS d WHERE d.saga = k.saga) OR EXISTS (SELECT 1 FROM {_}.skald_dead_letters AS l WHERE l.saga = k.saga)";

    // --- Instances

    /// <summary>Of one that lives: its listening session holds the lock for as long as it lasts.</summary>
    private string LivingLock(string number) => $"hashtextextended('{schema} process ' || {number}, 0)";

    public string KeepSecret => field ??= $"INSERT INTO {_}.skald_secret (one, secret) VALUES (1, $1) ON CONFLICT (one) DO NOTHING";

    public string Secret => field ??= $"SELECT secret FROM {_}.skald_secret WHERE one = 1";

    public string Join => field ??= $"INSERT INTO {_}.skald_processes (knows, joined_at, name) VALUES ($1, now(), $2) RETURNING number";

    public string HoldLock(long number) => $"SELECT pg_advisory_lock({LivingLock($"{number}")})";

    public string FreeLock(long number) => $"SELECT pg_advisory_unlock({LivingLock($"{number}")})";

    /// <summary>Under the lock: others may have taken it for gone meanwhile, and have forgotten it.</summary>
    public string Revive => field ??= $"INSERT INTO {_}.skald_processes (number, knows, joined_at, name) VALUES ($1, $2, now(), $3) ON CONFLICT (number) DO UPDATE SET gone_at = NULL";

    public string Leave => field ??= $"DELETE FROM {_}.skald_processes WHERE number = $1";

    /// <summary>A day later: one that has only lost touch may still commit under its number.</summary>
    public string ForgetGone => field ??=
        $"DELETE FROM {_}.skald_processes AS p WHERE gone_at < now() - interval '1 day' AND number > 0 AND NOT EXISTS (SELECT 1 FROM {_}.skald_sagas AS s WHERE s.incarnation = p.number)";

    /// <summary>Whose lock is free is gone; not soon after the server was started, when all others have to come back first.</summary>
    public string BuryGone => field ??=
        $"WITH others AS MATERIALIZED (SELECT number FROM {_}.skald_processes WHERE number > 0 AND number <> $1 AND gone_at IS NULL AND pg_postmaster_start_time() < clock_timestamp() - $2::interval ORDER BY number LIMIT 1000), " +
        $"found AS MATERIALIZED (SELECT number FROM others WHERE pg_try_advisory_xact_lock({LivingLock("number")})) " +
        $"UPDATE {_}.skald_processes AS p SET gone_at = now() FROM found WHERE p.number = found.number";

    public string Orphans => field ??=
        $"SELECT s.id, s.incarnation FROM {_}.skald_sagas AS s WHERE s.incarnation = ANY (ARRAY(SELECT number FROM {_}.skald_processes WHERE gone_at IS NOT NULL)) AND {IsAmong("$2", Plan)} LIMIT $1";

    /// <summary>Due ones, and orphans, of a plan that no instance knows that lives.</summary>
    public string Strangers => field ??=
        $"SELECT s.id, {Plan} FROM {_}.skald_sagas AS s WHERE s.wake_slot <= $1 >> 10 AND s.wake_at <= $1 AND {NobodyKnows} UNION ALL " +
        $"SELECT s.id, {Plan} FROM {_}.skald_sagas AS s WHERE s.incarnation = ANY (ARRAY(SELECT number FROM {_}.skald_processes WHERE number >= 0 AND gone_at IS NOT NULL)) AND {NobodyKnows} LIMIT $2";

    /// <summary>Those that were parked for that, of a plan that is known here.</summary>
    public string Returned => field ??= $"SELECT s.id FROM {_}.skald_sagas AS s WHERE s.incarnation = {SagaRow.OfNobodyWhoKnowsIt} AND {IsAmong("$2", Plan)} LIMIT $1";

    /// <summary>A saga's plan, as instances say which they know.</summary>
    private const string Plan = "(s.definition || ' ' || s.plan_version)";

    /// <summary>Whether a plan is in an array; all are in one that is null.</summary>
    private static string IsAmong(string array, string plan) => $"({array}::text[] IS NULL OR {plan} = ANY ({array}))";

    private string NobodyKnows => $"NOT EXISTS (SELECT FROM {_}.skald_processes AS p WHERE p.number > 0 AND p.gone_at IS NULL AND {IsAmong("p.knows", Plan)})";

    // --- Due work

    public string ClaimSagas => field ??= ClaimToWake("skald_sagas", IsAmong("$4", Plan));

    public string ClaimFlows => field ??= ClaimToWake("skald_flows", "true");

    /// <summary>The number of an advisory lock on a service's key.</summary>
    private string NumberOf(string kind, string key) => $"hashtextextended('{schema} {kind} ' || {key}, 0)";

    /// <summary>Those that are locked are being written.</summary>
    private string ClaimToWake(string table, string isMine) =>
        $"WITH due AS (SELECT id, wake_at AS since FROM {_}.{table} AS s WHERE wake_slot <= $2 >> 10 AND wake_at <= $2 AND {isMine} ORDER BY wake_slot, wake_at LIMIT $3 FOR UPDATE SKIP LOCKED), " +
        $"claimed AS (UPDATE {_}.{table} AS t SET wake_at = $1 FROM due WHERE t.id = due.id RETURNING t.id, due.since) " +
        "SELECT id FROM claimed ORDER BY since";

    public string ClaimDelayed => field ??=
        $"WITH due AS (SELECT id, due AS since FROM {_}.skald_delayed WHERE due <= $2 AND (plan IS NULL OR {IsAmong("$4", "plan")}) ORDER BY due LIMIT $3 FOR UPDATE SKIP LOCKED), " +
        $"claimed AS (UPDATE {_}.skald_delayed AS d SET due = $1 FROM due WHERE d.id = due.id RETURNING d.id, d.envelope, d.body, d.attempts, d.waits, d.due, d.reason, d.line, d.place, d.plan, d.saga, due.since) " +
        "SELECT id, envelope, body, attempts, waits, due, reason, line, place, plan, saga FROM claimed ORDER BY since";

    public string ClaimOutbox => field ??=
        $"WITH due AS (SELECT id, claimed_until AS since FROM {_}.skald_outbox WHERE claimed_until <= $2 ORDER BY claimed_until LIMIT $3 FOR UPDATE SKIP LOCKED), " +
        $"claimed AS (UPDATE {_}.skald_outbox AS o SET claimed_until = $1 FROM due WHERE o.id = due.id RETURNING o.id, o.envelope, o.body, o.claimed_until, due.since) " +
        "SELECT id, envelope, body, claimed_until FROM claimed ORDER BY since";

    /// <summary>Slots are a second long: the first that holds anything later holds the earliest.</summary>
    public string NextDue => field ??=
        "SELECT least(" +
        $"(SELECT min(wake_at) FROM {_}.skald_sagas WHERE wake_at > $1 AND wake_slot = (SELECT wake_slot FROM {_}.skald_sagas WHERE wake_slot >= $1 >> 10 AND wake_at > $1 ORDER BY wake_slot LIMIT 1)), " +
        $"(SELECT min(wake_at) FROM {_}.skald_flows WHERE wake_at > $1 AND wake_slot = (SELECT wake_slot FROM {_}.skald_flows WHERE wake_slot >= $1 >> 10 AND wake_at > $1 ORDER BY wake_slot LIMIT 1)), " +
        $"(SELECT min(due) FROM {_}.skald_delayed WHERE due > $1), (SELECT min(claimed_until) FROM {_}.skald_outbox WHERE claimed_until > $1))";

    // --- Events

    private const string EventColumns = "tx, position, stream, version, type, body, at, correlation, causation, actor";

    /// <summary>Every transaction below it has ended. Taken in the reading statement itself: what it shows is what was committed then.</summary>
    private string Horizon => field ??= $"(SELECT shift + pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM {_}.skald_event_clock)";

    public string Events => field ??=
        $"SELECT {EventColumns} FROM {_}.skald_events WHERE (tx, position) > ($1, $2) AND tx < {Horizon} ORDER BY tx, position LIMIT $3";

    public string AnyEvent => field ??= $"SELECT 1 FROM {_}.skald_events WHERE (tx, position) > ($1, $2) ORDER BY tx, position LIMIT 1";

    public string CountEvents => field ??= $"SELECT count(*) FROM (SELECT 1 FROM {_}.skald_events WHERE (tx, position) > ($1, $2) LIMIT $3) AS later";

    public string StreamEvents => field ??= $"SELECT {EventColumns} FROM {_}.skald_events WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3";

    public string FindSnapshot => field ??= $"SELECT stream, version, shape, state FROM {_}.skald_snapshots WHERE stream = $1 AND shape = $2";

    /// <summary>In a server that the events were restored to, transaction numbers may be lower than those of the events.</summary>
    public string ShiftClock => field ??=
        $"UPDATE {_}.skald_event_clock SET shift = last.tx + 1 - pg_current_xact_id()::text::bigint " +
        $"FROM (SELECT tx FROM {_}.skald_events ORDER BY tx DESC, position DESC LIMIT 1) AS last WHERE last.tx >= shift + pg_current_xact_id()::text::bigint";

    public const string OldestTransaction =
        "SELECT format('process %s (%s, %s) in database %s, for %s', pid, application_name, state, datname, date_trunc('second', now() - xact_start)) " +
        "FROM pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY age(backend_xid) DESC LIMIT 1";
}
