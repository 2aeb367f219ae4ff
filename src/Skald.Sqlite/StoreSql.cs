using Microsoft.Data.Sqlite;

namespace Skald.Sqlite;

/// <summary>Every statement of the store, prepared once per connection when first used.</summary>
internal sealed class StoreSql(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, Statement> _statements = [];

    public Statement FindSaga => Get(
        "SELECT id, definition, version, status, state, steps, failed_step, failure_type, failure_message, park_reason, wake_at, started_at, updated_at FROM skald_sagas WHERE id = ?");

    public Statement InsertSaga => Get(
        "INSERT INTO skald_sagas (definition, version, status, state, steps, failed_step, failure_type, failure_message, park_reason, wake_at, started_at, updated_at, id) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");

    public Statement UpdateSaga => Get(
        "UPDATE skald_sagas SET definition = ?, version = ?, status = ?, state = ?, steps = ?, failed_step = ?, failure_type = ?, failure_message = ?, " +
        "park_reason = ?, wake_at = ?, started_at = ?, updated_at = ? WHERE id = ? AND version = ?");

    public Statement Sagas => Get(
        "SELECT id, definition, version, status, state, steps, failed_step, failure_type, failure_message, park_reason, wake_at, started_at, updated_at FROM skald_sagas " +
        "WHERE definition = ?1 AND (?2 < 0 OR status = ?2) ORDER BY updated_at DESC, id DESC LIMIT ?3");

    public Statement CountSagas => Get("SELECT status, count(*) FROM skald_sagas WHERE definition NOT LIKE 'flow:%' GROUP BY status");

    public Statement ReleaseLocks => Get("DELETE FROM skald_lock WHERE owner = ?");

    public Statement FindStart => Get("SELECT key, fingerprint, saga, state FROM skald_starts WHERE key = ?");

    public Statement InsertStart => Get("INSERT INTO skald_starts (key, fingerprint, saga, state) VALUES (?, ?, ?, ?)");

    public Statement InsertJournal => Get(
        "INSERT INTO skald_journal (saga, at, version, entries) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET entries = entries || excluded.entries");

    public Statement Journal => Get("SELECT saga, version, at, entries FROM skald_journal WHERE saga = ? ORDER BY version, at");

    public Statement FindLedger => Get(
        "SELECT scope, step, undo, attempt, message, outcome, reply_type, reply, at FROM skald_ledger WHERE scope = ? AND step = ?");

    public Statement UpsertLedger => Get(
        "INSERT OR REPLACE INTO skald_ledger (scope, step, undo, attempt, message, outcome, reply_type, reply, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");

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

    public Statement ClaimOutbox => Get(
        "UPDATE skald_outbox SET claimed_until = ? WHERE id IN (SELECT id FROM skald_outbox WHERE claimed_until <= ? ORDER BY claimed_until LIMIT ?) RETURNING envelope, body");

    public Statement CountOutbox => Get("SELECT count(*) FROM skald_outbox");

    public Statement UpsertDelayed => Get("INSERT OR REPLACE INTO skald_delayed (id, envelope, body, attempts, due, error) VALUES (?, ?, ?, ?, ?, ?)");

    public Statement DeleteDelayed => Get("DELETE FROM skald_delayed WHERE id = ?");

    public Statement DueDelayed => Get("SELECT envelope, body, attempts, due, error FROM skald_delayed WHERE due <= ? ORDER BY due LIMIT ?");

    public Statement Delayed => Get("SELECT envelope, body, attempts, due, error FROM skald_delayed ORDER BY due LIMIT ?");

    public Statement DueSagas => Get("SELECT id FROM skald_sagas WHERE wake_at <= ? ORDER BY wake_at LIMIT ?");

    public Statement InsertDeadLetter => Get("INSERT INTO skald_dead_letters (envelope, body, reason, attempts, at) VALUES (?, ?, ?, ?, ?)");

    public Statement DeleteDeadLetter => Get("DELETE FROM skald_dead_letters WHERE id = ?");

    public Statement DeadLetters => Get("SELECT id, envelope, body, reason, attempts, at FROM skald_dead_letters ORDER BY id LIMIT ?");

    public Statement NextDue => Get(
        "SELECT min(at) FROM (SELECT min(wake_at) AS at FROM skald_sagas WHERE wake_at > ?1 " +
        "UNION ALL SELECT min(due) FROM skald_delayed WHERE due > ?1 UNION ALL SELECT min(claimed_until) FROM skald_outbox WHERE claimed_until > ?1)");

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
