namespace Skald.Sqlite;

// What people did, and the jobs that they began.
internal sealed partial class StoreSql
{
    private const string AuditColumns = "number, at, actor, act, kind, target, reason, before, after, outcome";

    private const string JobColumns = "id, version, act, query, actor, reason, rate, state, cursor, matched, done, refused, failed, created_at, ended_at";

    private const string JobItemColumns = "job, number, target, outcome, detail, at";

    public Statement InsertAudit => Get("INSERT INTO skald_audit (at, actor, act, kind, target, reason, before, after, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");

    public Statement Audit => Get(AuditBy("true"));

    public Statement AuditOfTarget => Get(AuditBy("target = ?5"));

    public Statement AuditOfActor => Get(AuditBy("actor = ?2"));

    public Statement AuditOfAct => Get(AuditBy("act = ?3"));

    public Statement AuditOfKind => Get(AuditBy("kind = ?4"));

    public Statement FindJob => Get($"SELECT {JobColumns} FROM skald_jobs WHERE id = ?");

    public Statement InsertJob => Get($"INSERT INTO skald_jobs ({JobColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");

    /// <summary>What never changes is left out.</summary>
    public Statement UpdateJob => Get("UPDATE skald_jobs SET version = ?, state = ?, cursor = ?, done = ?, refused = ?, failed = ?, ended_at = ? WHERE id = ? AND version = ?");

    public Statement InsertJobItem => Get($"INSERT INTO skald_job_items ({JobItemColumns}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");

    public Statement Jobs => Get($"SELECT {JobColumns} FROM skald_jobs WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?");

    public Statement JobsInState => Get($"SELECT {JobColumns} FROM skald_jobs WHERE state = ?4 AND (created_at, id) < (?1, ?2) ORDER BY created_at DESC, id DESC LIMIT ?3");

    public Statement JobItems => Get($"SELECT {JobItemColumns} FROM skald_job_items WHERE job = ? AND number > ? ORDER BY number LIMIT ?");

    public Statement JobItemsOfOutcome => Get($"SELECT {JobItemColumns} FROM skald_job_items WHERE job = ?1 AND outcome = ?4 AND number > ?2 ORDER BY number LIMIT ?3");

    /// <summary>By one thing through its index; whatever else is asked for is passed over on the way.</summary>
    private static string AuditBy(string found) =>
        $"SELECT {AuditColumns} FROM skald_audit WHERE {found} AND number < ?1 AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR act = ?3) AND (?4 IS NULL OR kind = ?4) AND (?5 IS NULL OR target = ?5) ORDER BY number DESC LIMIT ?6";
}
