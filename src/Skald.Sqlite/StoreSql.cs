using Microsoft.Data.Sqlite;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>Every statement of the store, prepared once per connection when first used.</summary>
internal sealed partial class StoreSql(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, Statement> _statements = [];

    private const string SagaColumns =
        "id, definition, plan_version, version, status, state, steps, failed_step, failure_type, failure_message, park_reason, " +
        "wake_at, started_at, updated_at, ended_at, business_key, trace_parent, incarnation, hold";

    private const string FlowColumns = "id, definition, flow, version, status, seen, reason, wake_at, started_at, updated_at, ended_at";

    public Statement FindSaga => Get($"SELECT {SagaColumns} FROM skald_sagas WHERE id = ?");

    public Statement InsertSaga => Get(
        $"INSERT INTO skald_sagas ({SagaColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");

    /// <summary>What never changes is left out.</summary>
    public Statement UpdateSaga => Get(
        "UPDATE skald_sagas SET version = ?, status = ?, state = ?, steps = ?, failed_step = ?, failure_type = ?, failure_message = ?, park_reason = ?, " +
        "wake_at = ?, updated_at = ?, ended_at = ?, business_key = ?, hold = ? WHERE id = ? AND version = ?");

    /// <summary>Mostly the same instance goes on, and its index need not be touched.</summary>
    public Statement NameInstance => Get("UPDATE skald_sagas SET incarnation = ?1 WHERE id = ?2 AND incarnation IS NOT ?1");

    public Statement KeepSecret => Get("INSERT OR IGNORE INTO skald_secret (one, secret) VALUES (1, ?)");

    public Statement Secret => Get("SELECT secret FROM skald_secret WHERE one = 1");

    public Statement Join => Get("INSERT INTO skald_processes (gone_at, knows, joined_at, name) VALUES (NULL, ?, unixepoch(), ?) RETURNING number");

    public Statement Leave => Get("DELETE FROM skald_processes WHERE number = ?");

    public Statement LivingInstances => Get("SELECT number FROM skald_processes WHERE number > 0 AND number <> ? AND gone_at IS NULL");

    /// <summary>That an instance lives after all.</summary>
    public Statement Revive => Get("INSERT INTO skald_processes (number, gone_at, knows, joined_at, name) VALUES (?, NULL, ?, unixepoch(), ?) ON CONFLICT DO UPDATE SET gone_at = NULL");

    public Statement IsKnown => Get("SELECT count(*) FROM skald_processes WHERE number = ? AND gone_at IS NULL");

    public Statement Bury => Get("UPDATE skald_processes SET gone_at = unixepoch() WHERE number = ?");

    /// <summary>A day later: one that has only lost touch may still commit under its number.</summary>
    public Statement ForgetBuried => Get(
        "DELETE FROM skald_processes WHERE gone_at < unixepoch() - 86400 AND number > 0 AND NOT EXISTS (SELECT 1 FROM skald_sagas WHERE incarnation = skald_processes.number)");

    public Statement TakeRoom => Get("INSERT OR REPLACE INTO skald_room (one, filler) VALUES (1, zeroblob(?))");

    public Statement Orphans => Get(
        $"SELECT s.id, p.number FROM skald_processes AS p CROSS JOIN skald_sagas AS s ON s.incarnation = p.number WHERE p.number >= 0 AND p.gone_at IS NOT NULL AND {IsAmong("?2", Plan("s."))} LIMIT ?1");

    /// <summary>Due ones, then orphans, of a plan that no instance knows that lives.</summary>
    public Statement Strangers => Get(
        $"SELECT s.id, {Plan("s.")} FROM skald_sagas AS s WHERE s.wake_at <= ?1 AND {NobodyKnows} " +
        "UNION ALL " +
        $"SELECT s.id, {Plan("s.")} FROM skald_processes AS gone CROSS JOIN skald_sagas AS s ON s.incarnation = gone.number WHERE gone.number >= 0 AND gone.gone_at IS NOT NULL AND {NobodyKnows} LIMIT ?2");

    /// <summary>Those that were parked for that, of a plan that is known here.</summary>
    public Statement Returned => Get($"SELECT id FROM skald_sagas WHERE incarnation = {SagaRow.OfNobodyWhoKnowsIt} AND {IsAmong("?2", Plan(""))} LIMIT ?1");

    /// <summary>A saga's plan, as instances say which they know.</summary>
    private static string Plan(string saga) => $"({saga}definition || ' ' || {saga}plan_version)";

    /// <summary>Whether a plan is in a list, which is JSON; all are in one that is null.</summary>
    private static string IsAmong(string list, string plan) => $"({list} IS NULL OR {plan} IN (SELECT value FROM json_each({list})))";

    private static string NobodyKnows => $"NOT EXISTS (SELECT 1 FROM skald_processes AS p WHERE p.number > 0 AND p.gone_at IS NULL AND {IsAmong("p.knows", Plan("s."))})";

    public Statement FindFlow => Get($"SELECT {FlowColumns} FROM skald_flows WHERE id = ?");

    public Statement InsertFlow => Get($"INSERT INTO skald_flows ({FlowColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");

    public Statement UpdateFlow => Get(
        "UPDATE skald_flows SET version = ?, status = ?, seen = ?, reason = ?, wake_at = ?, updated_at = ?, ended_at = ? WHERE id = ? AND version = ?");

    public Statement ReleaseLocks => Get("DELETE FROM skald_lock WHERE owner = ? RETURNING key");

    /// <summary>Whoever comes first in the line of a lock that is free is due.</summary>
    public Statement WakeFirst => Get(
        "UPDATE skald_delayed SET due = ?1 WHERE id = (SELECT id FROM skald_delayed WHERE line = ?2 ORDER BY place LIMIT 1) AND due > ?3 AND NOT EXISTS (SELECT 1 FROM skald_lock WHERE key = ?2)");

    public Statement FindRequest => Get("SELECT key, fingerprint, answer, at FROM skald_requests WHERE key = ?");

    public Statement InsertRequest => Get("INSERT INTO skald_requests (key, fingerprint, answer, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");

    public Statement InsertJournal => Get(
        "INSERT INTO skald_journal (owner, at, actor, version, reason, entries) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET entries = entries || excluded.entries");

    public Statement FindLedger => Get(
        "SELECT scope, step, secret, undo, attempt, message, outcome, reply_type, reply, at FROM skald_ledger WHERE scope = ? AND step = ? AND secret = ?");

    public Statement UpsertLedger => Get(
        "INSERT OR REPLACE INTO skald_ledger (scope, step, secret, undo, attempt, message, outcome, reply_type, reply, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    public Statement FindPosition => Get("SELECT version FROM skald_stream_positions WHERE topic = ? AND source = ? AND stream = ?");

    public Statement UpsertPosition => Get("INSERT OR REPLACE INTO skald_stream_positions (topic, source, stream, version) VALUES (?, ?, ?, ?)");

    private const string EventColumns = "position, stream, version, type, body, at, correlation, causation, actor";

    /// <summary>Inserts nothing unless the event follows the stream's last one.</summary>
    public Statement InsertEvent => Get(
        "INSERT INTO skald_events (stream, version, type, body, at, correlation, causation, actor) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 " +
        "WHERE ?2 = 1 + (SELECT coalesce(max(version), 0) FROM skald_events WHERE stream = ?1)");

    public Statement Events => Get($"SELECT {EventColumns} FROM skald_events WHERE position > ? ORDER BY position LIMIT ?");

    public Statement StreamEvents => Get($"SELECT {EventColumns} FROM skald_events WHERE stream = ? AND version > ? ORDER BY version LIMIT ?");

    public Statement LastEvent => Get("SELECT coalesce(max(position), 0) FROM skald_events");

    public Statement UpsertSnapshot => Get("INSERT OR REPLACE INTO skald_snapshots (stream, version, shape, state) VALUES (?, ?, ?, ?)");

    public Statement FindSnapshot => Get("SELECT stream, version, shape, state FROM skald_snapshots WHERE stream = ? AND shape = ?");

    public Statement InsertOutbox => Get("INSERT OR REPLACE INTO skald_outbox (id, envelope, body, claimed_until) VALUES (?, ?, ?, ?)");

    public Statement DeleteOutbox => Get("DELETE FROM skald_outbox WHERE id = ?");

    public Statement DueOutbox => Get("SELECT id, envelope, body, claimed_until FROM skald_outbox WHERE claimed_until <= ? ORDER BY claimed_until LIMIT ?");

    public Statement ClaimOutbox => Get("UPDATE skald_outbox SET claimed_until = ? WHERE id = ?");

    public Statement ClaimDelayed => Get("UPDATE skald_delayed SET due = ? WHERE id = ?");

    public Statement ClaimFlow => Get("UPDATE skald_flows SET wake_at = ? WHERE id = ?");

    public Statement ClaimSaga => Get("UPDATE skald_sagas SET wake_at = ? WHERE id = ?");

    public Statement FindDelayed => Get("SELECT id, envelope, body, attempts, waits, due, reason, line, place, plan, saga FROM skald_delayed WHERE id = ?");

    public Statement UpsertDelayed => Get("INSERT OR REPLACE INTO skald_delayed (id, envelope, body, attempts, waits, due, reason, line, place, plan, saga) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    public Statement DeleteDelayed => Get("DELETE FROM skald_delayed WHERE id = ?");

    public Statement DueDelayed => Get($"SELECT id, envelope, body, attempts, waits, due, reason, line, place, plan, saga FROM skald_delayed WHERE due <= ?1 AND (plan IS NULL OR {IsAmong("?3", "plan")}) ORDER BY due LIMIT ?2");

    public Statement DueFlows => Get("SELECT id FROM skald_flows WHERE wake_at <= ? ORDER BY wake_at LIMIT ?");

    public Statement DueSagas => Get($"SELECT id FROM skald_sagas WHERE wake_at <= ?1 AND {IsAmong("?3", Plan(""))} ORDER BY wake_at LIMIT ?2");

    public Statement InsertDeadLetter => Get("INSERT INTO skald_dead_letters (envelope, body, reason, attempts, at, saga, kind) VALUES (?, ?, ?, ?, ?, ?, ?)");

    public Statement DeleteDeadLetter => Get("DELETE FROM skald_dead_letters WHERE number = ?");

    public Statement NextDue => Get(
        "SELECT min(at) FROM (SELECT min(wake_at) AS at FROM skald_sagas WHERE wake_at > ?1 " +
        "UNION ALL SELECT min(wake_at) FROM skald_flows WHERE wake_at > ?1 UNION ALL SELECT min(due) FROM skald_delayed WHERE due > ?1 UNION ALL SELECT min(claimed_until) FROM skald_outbox WHERE claimed_until > ?1)");

    // --- What need not be kept

    public Statement FirstInstance => Get("SELECT min(number) FROM skald_processes WHERE number > 0 AND gone_at IS NULL");

    /// <summary>The longest ended first; those of plans that nobody knows later than others, and none of a plan that only another instance knows.</summary>
    public Statement EndedSagas => Get(
        $"SELECT id FROM skald_sagas AS s WHERE ended_at < max(?1, ?2) AND hold IS NULL AND CASE WHEN {IsAmong("?4", Plan("s."))} THEN ended_at < ?1 WHEN ended_at < ?2 THEN {NobodyKnows} ELSE 0 END ORDER BY ended_at LIMIT ?3");

    public Statement EndedFlows => Get("SELECT id FROM skald_flows WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2");

    /// <summary>When the last one ended that is kept when so many are; none when there are not that many.</summary>
    public Statement LastKept(string table) => Get($"SELECT ended_at FROM {table} WHERE ended_at IS NOT NULL{(table == "skald_sagas" ? " AND hold IS NULL" : "")} ORDER BY ended_at DESC LIMIT 1 OFFSET ?");

    public Statement DeleteOldRequests => Get("DELETE FROM skald_requests WHERE key IN (SELECT key FROM skald_requests WHERE at < ?1 ORDER BY at LIMIT ?2)");

    public Statement DeleteOldMessages => Get("DELETE FROM skald_ledger WHERE step = '' AND scope IN (SELECT scope FROM skald_ledger WHERE step = '' AND outcome <> 0 AND at < ?1 ORDER BY at LIMIT ?2)");

    public Statement DeleteOldTimelines => Get(
        "DELETE FROM skald_journal WHERE (owner, version, at, actor) IN (SELECT owner, version, at, actor FROM skald_journal WHERE version = 0 AND at < ?1 ORDER BY at LIMIT ?2)");

    public Statement DeleteOldRemoved => Get("DELETE FROM skald_removed WHERE id IN (SELECT id FROM skald_removed WHERE at < ?1 ORDER BY at LIMIT ?2)");

    public Statement DeleteSaga => Get("DELETE FROM skald_sagas WHERE id = ?");

    public Statement DeleteFlow => Get("DELETE FROM skald_flows WHERE id = ?");

    public Statement DeleteJournal => Get("DELETE FROM skald_journal WHERE owner = ?");

    public Statement DeleteLedger => Get("DELETE FROM skald_ledger WHERE scope = ? AND step = ? AND secret = ?");

    public Statement InsertRemoved => Get("INSERT OR REPLACE INTO skald_removed (id, definition, key, status, started_at, ended_at, at) VALUES (?, ?, ?, ?, ?, ?, ?)");

    public Statement FindRemoved => Get("SELECT id, definition, key, status, started_at, ended_at, at FROM skald_removed WHERE id = ?");

    public Statement IsUnhandled => Get("SELECT EXISTS (SELECT 1 FROM skald_delayed WHERE saga = ?1) OR EXISTS (SELECT 1 FROM skald_dead_letters WHERE saga = ?1)");

    public Statement FreePages => Get("SELECT freelist_count FROM pragma_freelist_count");

    public Statement Pages => Get("SELECT page_count FROM pragma_page_count");

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }
    }

    private Statement Get(string sql) =>
        _statements.TryGetValue(sql, out var statement) ? statement : _statements[sql] = new Statement(connection, sql);
}
