-- What went wrong with a saga, for groups: its step and its type, the first 200 characters of each; null when nothing did.
ALTER TABLE skald_sagas ADD COLUMN failure TEXT GENERATED ALWAYS AS (
    CASE WHEN failed_step IS NOT NULL OR failure_type IS NOT NULL OR park_reason IS NOT NULL
        THEN substr(coalesce(failed_step, ''), 1, 200) || char(10) || substr(coalesce(failure_type, ''), 1, 200) END) VIRTUAL;

CREATE INDEX skald_sagas_failure ON skald_sagas (definition, status, failure, started_at, id) WHERE failure IS NOT NULL;

-- When an instance joined, in Unix seconds, and as what people know it.
ALTER TABLE skald_processes ADD COLUMN joined_at INTEGER;
ALTER TABLE skald_processes ADD COLUMN name TEXT;

-- What a dead letter's reason has in common with others.
ALTER TABLE skald_dead_letters ADD COLUMN kind TEXT NOT NULL DEFAULT '(no reason)';

UPDATE skald_dead_letters SET kind = substr(reason, 1, 200) WHERE trim(reason) <> '';
UPDATE skald_dead_letters SET kind = replace(replace(replace(replace(replace(kind, '0', '#'), '1', '#'), '2', '#'), '3', '#'), '4', '#');
UPDATE skald_dead_letters SET kind = replace(replace(replace(replace(replace(kind, '5', '#'), '6', '#'), '7', '#'), '8', '#'), '9', '#');
UPDATE skald_dead_letters SET kind = replace(replace(replace(replace(replace(replace(replace(replace(kind, '##', '#'), '##', '#'), '##', '#'), '##', '#'), '##', '#'), '##', '#'), '##', '#'), '##', '#');

CREATE INDEX skald_dead_letters_kind ON skald_dead_letters (kind, number);

-- What people did, to what, and why. Rows are added and nothing else.
CREATE TABLE skald_audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT,
    act TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    reason TEXT,
    before TEXT,
    after TEXT,
    outcome TEXT NOT NULL
) STRICT;

CREATE INDEX skald_audit_target ON skald_audit (target, number);
CREATE INDEX skald_audit_actor ON skald_audit (actor, number);
CREATE INDEX skald_audit_act ON skald_audit (act, number);
CREATE INDEX skald_audit_kind ON skald_audit (kind, number);

CREATE TRIGGER skald_audit_is_not_changed BEFORE UPDATE ON skald_audit BEGIN
    SELECT RAISE(ABORT, 'what was done stays as it was written: skald_audit only grows');
END;

CREATE TRIGGER skald_audit_is_not_removed BEFORE DELETE ON skald_audit BEGIN
    SELECT RAISE(ABORT, 'what was done stays written: skald_audit only grows');
END;

-- INSERT OR REPLACE removes a row without that trigger, unless triggers are recursive.
CREATE TRIGGER skald_audit_is_not_replaced BEFORE INSERT ON skald_audit WHEN EXISTS (SELECT 1 FROM skald_audit WHERE number = NEW.number) BEGIN
    SELECT RAISE(ABORT, 'what was done stays as it was written: skald_audit only grows');
END;

-- An act that is done to many sagas, and what came of it with each.
CREATE TABLE skald_jobs (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version > 0),
    act TEXT NOT NULL,
    query TEXT NOT NULL,
    actor TEXT,
    reason TEXT,
    rate REAL NOT NULL,
    state INTEGER NOT NULL,
    cursor TEXT,
    matched INTEGER NOT NULL,
    done INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX skald_jobs_created ON skald_jobs (created_at, id);
CREATE INDEX skald_jobs_state ON skald_jobs (state, created_at, id);

CREATE TABLE skald_job_items (
    job BLOB NOT NULL,
    number INTEGER NOT NULL,
    target BLOB NOT NULL,
    outcome INTEGER NOT NULL,
    detail TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX skald_job_items_outcome ON skald_job_items (job, outcome, number);
