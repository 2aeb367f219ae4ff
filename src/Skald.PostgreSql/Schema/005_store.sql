-- What went wrong with sagas, for groups: step and type, the first 200 characters of each.
CREATE INDEX skald_sagas_failure ON @schema.skald_sagas
    (definition, status, (left(coalesce(failed_step, ''), 200) || chr(10) || left(coalesce(failure_type, ''), 200)), started_at, id)
    WHERE failed_step IS NOT NULL OR failure_type IS NOT NULL OR park_reason IS NOT NULL;

-- When an instance joined, and as what people know it.
ALTER TABLE @schema.skald_processes ADD COLUMN joined_at timestamptz;
ALTER TABLE @schema.skald_processes ADD COLUMN name text;

-- What a dead letter's reason has in common with others.
ALTER TABLE @schema.skald_dead_letters ADD COLUMN kind text COLLATE "C" NOT NULL DEFAULT '(no reason)';

UPDATE @schema.skald_dead_letters SET kind = regexp_replace(
    left(reason, 200), '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9]+', '#', 'g') WHERE trim(reason) <> '';

CREATE INDEX skald_dead_letters_kind ON @schema.skald_dead_letters (kind, number);

-- What people did, to what, and why. Rows are added and nothing else.
CREATE TABLE @schema.skald_audit (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    actor text COLLATE "C",
    act text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    target text COLLATE "C" NOT NULL,
    reason text,
    before text,
    after text,
    outcome text NOT NULL
);

CREATE INDEX skald_audit_target ON @schema.skald_audit (target, number);
CREATE INDEX skald_audit_actor ON @schema.skald_audit (actor, number);
CREATE INDEX skald_audit_act ON @schema.skald_audit (act, number);
CREATE INDEX skald_audit_kind ON @schema.skald_audit (kind, number);

CREATE FUNCTION @schema.skald_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was done stays as it was written: skald_audit only grows';
END
$$;

CREATE TRIGGER skald_audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON @schema.skald_audit
    FOR EACH STATEMENT EXECUTE FUNCTION @schema.skald_audit_only_grows();

-- An act that is done to many sagas, and what came of it with each.
CREATE TABLE @schema.skald_jobs (
    id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    act text NOT NULL,
    query text NOT NULL,
    actor text,
    reason text,
    rate double precision NOT NULL,
    state smallint NOT NULL,
    cursor text,
    matched bigint NOT NULL,
    done bigint NOT NULL,
    refused bigint NOT NULL,
    failed bigint NOT NULL,
    created_at bigint NOT NULL,
    ended_at bigint
) WITH (fillfactor = 70);

CREATE INDEX skald_jobs_created ON @schema.skald_jobs (created_at, id);
CREATE INDEX skald_jobs_state ON @schema.skald_jobs (state, created_at, id);

CREATE TABLE @schema.skald_job_items (
    job uuid NOT NULL,
    number bigint NOT NULL,
    target uuid NOT NULL,
    outcome smallint NOT NULL,
    detail text,
    at bigint NOT NULL,
    PRIMARY KEY (job, number)
);

CREATE INDEX skald_job_items_outcome ON @schema.skald_job_items (job, outcome, number);
