-- One service's rows, in the schema of the service. Times are Unix milliseconds; bodies are the exact bytes.

-- Room on each page: most updates then stay on it and touch no index. "wake_slot" is a coarse "wake_at": it seldom changes
-- between two steps, and only it is indexed. The list's index is touched when a saga starts and when its status changes.
CREATE TABLE @schema.skald_sagas (
    id uuid PRIMARY KEY,
    definition text COLLATE "C" NOT NULL,
    plan_version integer NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
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
    ended_at bigint,
    business_key text COLLATE "C",
    trace_parent text,
    incarnation bigint,
    wake_slot bigint GENERATED ALWAYS AS (wake_at >> 10) STORED
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX skald_sagas_wake ON @schema.skald_sagas (wake_slot) WHERE wake_slot IS NOT NULL;

-- Lists and counts: each definition and status is a stretch of it, in the order in which lists show it.
CREATE INDEX skald_sagas_list ON @schema.skald_sagas (definition, status, started_at, id);

CREATE INDEX skald_sagas_key ON @schema.skald_sagas (business_key, started_at, id) WHERE business_key IS NOT NULL;

CREATE TABLE @schema.skald_flows (
    id uuid PRIMARY KEY,
    definition text COLLATE "C" NOT NULL,
    flow text COLLATE "C" NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    status smallint NOT NULL,
    seen bytea NOT NULL,
    reason text,
    wake_at bigint,
    started_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    ended_at bigint,
    wake_slot bigint GENERATED ALWAYS AS (wake_at >> 10) STORED
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX skald_flows_wake ON @schema.skald_flows (wake_slot) WHERE wake_slot IS NOT NULL;

CREATE INDEX skald_flows_list ON @schema.skald_flows (definition, status, started_at, id);

CREATE TABLE @schema.skald_requests (
    key text COLLATE "C" PRIMARY KEY,
    fingerprint text NOT NULL,
    answer bytea NOT NULL,
    at bigint NOT NULL
);

CREATE INDEX skald_requests_at ON @schema.skald_requests (at);

-- "bucket" is the month (such as 203001) that is written in a time-ordered id; 0 for ids without a time.
-- It follows from the id alone, so it may stand in the key, and a month is forgotten by dropping its partition.
CREATE SEQUENCE @schema.skald_journal_seq;

CREATE TABLE @schema.skald_journal (
    bucket integer NOT NULL,
    owner uuid NOT NULL,
    seq bigint NOT NULL DEFAULT nextval('@schema.skald_journal_seq'),
    at bigint NOT NULL,
    version bigint NOT NULL,
    actor text,
    reason text,
    entries text NOT NULL
) PARTITION BY LIST (bucket);

CREATE INDEX skald_journal_owner ON @schema.skald_journal (owner, seq);

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

CREATE TABLE @schema.skald_stream_positions (
    topic text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (topic, source, stream)
) WITH (fillfactor = 70);

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
    waits integer NOT NULL,
    due bigint NOT NULL,
    reason text NOT NULL
);

CREATE INDEX skald_delayed_due ON @schema.skald_delayed (due);

CREATE TABLE @schema.skald_dead_letters (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    envelope bytea NOT NULL,
    body bytea NOT NULL,
    reason text NOT NULL,
    attempts integer NOT NULL,
    at bigint NOT NULL
);

-- Events. Their order is (tx, position): "tx" is the number of the transaction that wrote them, which no transaction that is
-- still open can undercut once the server has moved past it. Readers stay below that line and so never miss a late commit.
CREATE TABLE @schema.skald_events (
    position bigint GENERATED ALWAYS AS IDENTITY,
    tx bigint NOT NULL,
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    type text NOT NULL,
    body bytea NOT NULL,
    at bigint NOT NULL,
    correlation uuid,
    causation uuid,
    actor text,
    PRIMARY KEY (stream, version)
);

CREATE UNIQUE INDEX skald_events_order ON @schema.skald_events (tx, position);

-- Transaction numbers begin anew in a server that a dump is restored to; "shift" is added to them, so that positions go on growing.
CREATE TABLE @schema.skald_event_clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    shift bigint NOT NULL DEFAULT 0
);

INSERT INTO @schema.skald_event_clock DEFAULT VALUES;

CREATE TABLE @schema.skald_snapshots (
    stream text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    shape text NOT NULL,
    state bytea NOT NULL
);

-- Business keys: who holds one for the time of a saga or flow, and which are dead for ever.
CREATE TABLE @schema.skald_lock (
    key text PRIMARY KEY,
    owner text NOT NULL,
    at bigint NOT NULL
);

CREATE INDEX skald_lock_owner ON @schema.skald_lock (owner);

CREATE TABLE @schema.skald_tombstone (
    key text PRIMARY KEY,
    reason text NOT NULL,
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
