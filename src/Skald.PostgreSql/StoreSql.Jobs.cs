namespace Skald.PostgreSql;

// What people did, and the jobs that they began.
internal sealed partial class StoreSql
{
    private const string JobColumns = "id, version, act, query, actor, reason, rate, state, cursor, matched, done, refused, failed, created_at, ended_at";

    private const string JobItemColumns = "job, number, target, outcome, detail, at";

    public string InsertAudit => field ??=
        $"INSERT INTO {_}.skald_audit (at, actor, act, kind, target, reason, before, after, outcome) " +
        "SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])";

    public string LoadJobs => field ??= $"SELECT {JobColumns} FROM {_}.skald_jobs WHERE id = ANY($1) ORDER BY id FOR UPDATE";

    public string WriteJobs => field ??=
        $"WITH written AS (INSERT INTO {_}.skald_jobs AS j ({JobColumns}) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[], $8::smallint[], " +
        "$9::text[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[]) " +
        "ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state, cursor = excluded.cursor, done = excluded.done, refused = excluded.refused, failed = excluded.failed, " +
        "ended_at = excluded.ended_at WHERE j.version = excluded.version - 1 RETURNING j.version = 1 AS is_new, j.xmax = 0 AS inserted) " +
        $"SELECT {_}.skald_expect(count(*) = $16 AND bool_and(is_new = inserted)) FROM written";

    public string InsertJobItems => field ??=
        $"WITH written AS (INSERT INTO {_}.skald_job_items ({JobItemColumns}) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::smallint[], $5::text[], $6::bigint[]) " +
        $"ON CONFLICT (job, number) DO NOTHING RETURNING number) SELECT {_}.skald_expect(count(*) = $7) FROM written";

    public string Audit => field ??= AuditBy("true");

    public string AuditOfTarget => field ??= AuditBy("target = $5");

    public string AuditOfActor => field ??= AuditBy("actor = $2");

    public string AuditOfAct => field ??= AuditBy("act = $3");

    public string AuditOfKind => field ??= AuditBy("kind = $4");

    public string FindJob => field ??= $"SELECT {JobColumns} FROM {_}.skald_jobs WHERE id = $1";

    public string Jobs => field ??= $"SELECT {JobColumns} FROM {_}.skald_jobs WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT $3";

    public string JobsInState => field ??= $"SELECT {JobColumns} FROM {_}.skald_jobs WHERE state = $4 AND (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT $3";

    public string JobItems => field ??= $"SELECT {JobItemColumns} FROM {_}.skald_job_items WHERE job = $1 AND number > $2 ORDER BY number LIMIT $3";

    public string JobItemsOfOutcome => field ??= $"SELECT {JobItemColumns} FROM {_}.skald_job_items WHERE job = $1 AND outcome = $4 AND number > $2 ORDER BY number LIMIT $3";

    /// <summary>By one thing through its index; whatever else is asked for is passed over on the way.</summary>
    private string AuditBy(string found) =>
        $"SELECT number, at, actor, act, kind, target, reason, before, after, outcome FROM {_}.skald_audit WHERE {found} AND number < $1 AND ($2::text IS NULL OR actor = $2) AND ($3::text IS NULL OR act = $3) " +
        "AND ($4::text IS NULL OR kind = $4) AND ($5::text IS NULL OR target = $5) ORDER BY number DESC LIMIT $6";
}
