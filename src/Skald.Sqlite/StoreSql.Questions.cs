namespace Skald.Sqlite;

// What people ask.
internal sealed partial class StoreSql
{
    /// <summary>The definition after another: a jump through the index.</summary>
    public Statement NextDefinition(string table) => Get($"SELECT definition FROM {table} WHERE definition > ? ORDER BY definition LIMIT 1");

    /// <summary>A definition's status after another: likewise.</summary>
    public Statement NextStatus(string table) => Get($"SELECT status FROM {table} WHERE definition = ? AND status > ? ORDER BY status LIMIT 1");

    /// <summary>What went wrong in a definition's status after something else: likewise.</summary>
    public Statement NextFailure => Get("SELECT failure, failed_step, failure_type FROM skald_sagas WHERE definition = ? AND status = ? AND failure > ? ORDER BY failure LIMIT 1");

    public Statement Sagas => Get($"SELECT {SagaColumns} FROM skald_sagas {Stretch()}");

    public Statement UnchangedSagas => Get($"SELECT {SagaColumns} FROM skald_sagas {Stretch(Unchanged)}");

    public Statement FailedSagas => Get($"SELECT {SagaColumns} FROM skald_sagas {Stretch(Unchanged + Failed)}");

    public Statement SagasOfKey => Get($"SELECT {SagaColumns} FROM skald_sagas {OfKey} {Newest} ?7");

    public Statement CountSagasOfKey => Get($"SELECT count(*) FROM (SELECT 1 FROM skald_sagas {OfKey} LIMIT ?7)");

    public Statement CountSagas => Get($"SELECT count(*) FROM (SELECT 1 FROM skald_sagas {Stretch()})");

    public Statement CountUnchangedSagas => Get($"SELECT count(*) FROM (SELECT 1 FROM skald_sagas {Stretch(Unchanged)})");

    public Statement CountFailedSagas => Get($"SELECT count(*) FROM (SELECT 1 FROM skald_sagas {Stretch(Unchanged + Failed)})");

    public Statement CountFailure => Get("SELECT count(*) FROM (SELECT 1 FROM skald_sagas WHERE definition = ? AND status = ? AND failure = ? LIMIT ?)");

    public Statement OldestOfFailure => Get("SELECT started_at FROM skald_sagas WHERE definition = ? AND status = ? AND failure = ? ORDER BY started_at LIMIT 1");

    public Statement NewestOfFailure => Get("SELECT id FROM skald_sagas WHERE definition = ? AND status = ? AND failure = ? ORDER BY started_at DESC, id DESC LIMIT 1");

    public Statement Flows => Get($"SELECT {FlowColumns} FROM skald_flows {Stretch()}");

    public Statement UnchangedFlows => Get($"SELECT {FlowColumns} FROM skald_flows {Stretch(Unchanged)}");

    public Statement CountFlows => Get($"SELECT count(*) FROM (SELECT 1 FROM skald_flows {Stretch()})");

    public Statement CountUnchangedFlows => Get($"SELECT count(*) FROM (SELECT 1 FROM skald_flows {Stretch(Unchanged)})");

    public Statement LedgerOf => Get("SELECT scope, step, secret, undo, attempt, message, outcome, reply_type, reply, at FROM skald_ledger WHERE scope = ? ORDER BY step, secret, undo, attempt LIMIT ?");

    public Statement LedgerPage => Get(
        "SELECT scope, step, secret, undo, attempt, message, outcome, reply_type, reply, at FROM skald_ledger WHERE scope >= ? " +
        "ORDER BY scope, step, secret, undo, attempt LIMIT ?");

    public Statement SagaOutlines => Get("SELECT id, definition, plan_version, version, status, steps FROM skald_sagas WHERE id >= ? ORDER BY id LIMIT ?");

    public Statement RemovedPage => Get("SELECT id, definition, key, status, started_at, ended_at, at FROM skald_removed WHERE id >= ? ORDER BY id LIMIT ?");

    public Statement Instances => Get("SELECT number, name, joined_at, gone_at, knows FROM skald_processes WHERE number > 0 ORDER BY number DESC LIMIT ?");

    public Statement WaitingSagas => Get($"SELECT {SagaColumns} FROM skald_sagas WHERE wake_at IS NOT NULL AND (wake_at, id) > (?, ?) ORDER BY wake_at, id LIMIT ?");

    public Statement Journal => Get(
        "SELECT owner, version, at, entries, actor, reason FROM skald_journal WHERE owner = ? ORDER BY version, at LIMIT ?3 OFFSET ?2");

    public Statement Delayed => Get("SELECT id, envelope, body, attempts, waits, due, reason, line, place, plan, saga FROM skald_delayed WHERE (due, id) > (?, ?) ORDER BY due, id LIMIT ?");

    public Statement Outbox => Get("SELECT id, envelope, body, claimed_until FROM skald_outbox WHERE (claimed_until, id) > (?, ?) ORDER BY claimed_until, id LIMIT ?");

    public Statement CountOutbox => Get("SELECT count(*) FROM (SELECT 1 FROM skald_outbox LIMIT ?)");

    public Statement FindDeadLetter => Get("SELECT number, envelope, body, reason, attempts, at, saga FROM skald_dead_letters WHERE number = ?");

    public Statement DeadLetters => Get("SELECT number, envelope, body, reason, attempts, at, saga FROM skald_dead_letters WHERE number > ? ORDER BY number LIMIT ?");

    public Statement DeadLettersOfKind => Get("SELECT number, envelope, body, reason, attempts, at, saga FROM skald_dead_letters WHERE kind = ? AND number > ? ORDER BY number LIMIT ?");

    /// <summary>The kind of dead letters after another: a jump through the index.</summary>
    public Statement NextKind => Get("SELECT kind FROM skald_dead_letters WHERE kind > ? ORDER BY kind LIMIT 1");

    public Statement CountKind => Get("SELECT count(*) FROM (SELECT 1 FROM skald_dead_letters WHERE kind = ? LIMIT ?)");

    public Statement OldestOfKind => Get("SELECT at FROM skald_dead_letters WHERE kind = ? ORDER BY number LIMIT 1");

    public Statement NewestOfKind => Get("SELECT number FROM skald_dead_letters WHERE kind = ? ORDER BY number DESC LIMIT 1");

    private const string Place = "started_at >= ?2 AND (started_at, id) < (?3, ?4)";

    private const string Newest = "ORDER BY started_at DESC, id DESC LIMIT";

    /// <summary>One definition and status; from a start time on; before a place.</summary>
    private static string Stretch(string more = "") => $"WHERE definition = ?1 AND status = ?5 AND {Place}{more} {Newest} ?6";

    private const string Unchanged = " AND updated_at < ?7";

    private const string Failed = " AND failure = ?8";

    /// <summary>Of one business key there are few, whatever else is asked of them.</summary>
    private const string OfKey =
        "WHERE business_key = ?1 AND " + Place + " AND (?5 IS NULL OR definition = ?5) AND (?6 IS NULL OR status IN (SELECT value FROM json_each(?6))) " +
        "AND (?8 IS NULL OR updated_at < ?8) AND (?9 IS NULL OR failed_step = ?9) AND (?10 IS NULL OR failure_type = ?10)";
}
