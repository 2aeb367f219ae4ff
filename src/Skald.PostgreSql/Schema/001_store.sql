-- One service's rows, in the schema of the service. Times are Unix milliseconds; bodies are the exact bytes.

-- Room on each page: most updates then stay on it and touch no index. "wake_slot" is a coarse "wake_at": it seldom changes
-- between two steps, and only it is indexed.
CREATE TABLE @schema.skald_sagas (
    id uuid PRIMARY KEY,
    definition text NOT NULL,
    version bigint NOT NULL,
    status smallint NOT NULL,
    state bytea NOT NULL,
    steps text NOT NULL,
    failed_step text,
    failure_type text,
    failure_message text,
    park_reason text,
    wake_at bigint,
    started_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    wake_slot bigint GENERATED ALWAYS AS (wake_at >> 10) STORED
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX skald_sagas_wake ON @schema.skald_sagas (wake_slot) WHERE wake_slot IS NOT NULL;

CREATE TABLE @schema.skald_starts (
    key text PRIMARY KEY,
    fingerprint text NOT NULL,
    saga uuid NOT NULL,
    state bytea NOT NULL
);

-- "bucket" is the month (such as 203001) that is written in a time-ordered id; 0 for ids without a time.
-- It follows from the id alone, so it may stand in the key, and a month is forgotten by dropping its partition.
CREATE SEQUENCE @schema.skald_journal_seq;

CREATE TABLE @schema.skald_journal (
    bucket integer NOT NULL,
    saga uuid NOT NULL,
    seq bigint NOT NULL DEFAULT nextval('@schema.skald_journal_seq'),
    at bigint NOT NULL,
    version bigint NOT NULL,
    entries text NOT NULL
) PARTITION BY LIST (bucket);

CREATE INDEX skald_journal_saga ON @schema.skald_journal (saga, seq);

CREATE TABLE @schema.skald_journal_other PARTITION OF @schema.skald_journal DEFAULT;

CREATE TABLE @schema.skald_ledger (
    bucket integer NOT NULL,
    scope uuid NOT NULL,
    step text NOT NULL,
    undo boolean NOT NULL,
    attempt integer NOT NULL,
    message text NOT NULL,
    outcome smallint NOT NULL,
    reply_type text,
    reply bytea NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (scope, step, undo, attempt, bucket)
) PARTITION BY LIST (bucket);

CREATE TABLE @schema.skald_ledger_other PARTITION OF @schema.skald_ledger DEFAULT;

CREATE TABLE @schema.skald_outbox (
    id uuid PRIMARY KEY,
    envelope bytea NOT NULL,
    body bytea NOT NULL,
    claimed_until bigint NOT NULL
);

CREATE INDEX skald_outbox_claim ON @schema.skald_outbox (claimed_until);

CREATE TABLE @schema.skald_delayed (
    id uuid PRIMARY KEY,
    envelope bytea NOT NULL,
    body bytea NOT NULL,
    attempts integer NOT NULL,
    due bigint NOT NULL,
    error text NOT NULL
);

CREATE INDEX skald_delayed_due ON @schema.skald_delayed (due);

CREATE TABLE @schema.skald_dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    envelope bytea,
    body bytea NOT NULL,
    reason text NOT NULL,
    attempts integer NOT NULL,
    at bigint NOT NULL
);

-- Stops a batch of statements before its commit. The code is that of a serialization failure: read again, decide again.
CREATE FUNCTION @schema.skald_expect(fulfilled boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF fulfilled IS NOT TRUE THEN
        RAISE EXCEPTION 'another writer was first' USING ERRCODE = '40001';
    END IF;
END
$$;
