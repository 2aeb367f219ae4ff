-- One service's rows. Times are Unix milliseconds, ids are UUIDs in big-endian bytes, so that time-ordered ids lie together.
CREATE TABLE skald_sagas (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    definition TEXT NOT NULL,
    plan_version INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    status INTEGER NOT NULL,
    state BLOB NOT NULL,
    steps TEXT NOT NULL,
    failed_step TEXT,
    failure_type TEXT,
    failure_message TEXT,
    park_reason TEXT,
    wake_at INTEGER,
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    business_key TEXT,
    trace_parent TEXT,
    incarnation INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX skald_sagas_wake ON skald_sagas (wake_at) WHERE wake_at IS NOT NULL;

-- Lists and counts: each definition and status is a stretch of it, in the order in which lists show it.
CREATE INDEX skald_sagas_list ON skald_sagas (definition, status, started_at, id);

-- Found when the instance that has their open commands is gone.
CREATE INDEX skald_sagas_incarnation ON skald_sagas (incarnation) WHERE incarnation IS NOT NULL;

CREATE INDEX skald_sagas_key ON skald_sagas (business_key, started_at, id) WHERE business_key IS NOT NULL;

-- Instances that joined and have not left. One that lives holds the lock of a file beside this one. 0 is nobody.
CREATE TABLE skald_processes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    gone_at INTEGER
) STRICT;

INSERT INTO skald_processes (number, gone_at) VALUES (0, 0);

CREATE TABLE skald_flows (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    definition TEXT NOT NULL,
    flow TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    status INTEGER NOT NULL,
    seen BLOB NOT NULL,
    reason TEXT,
    wake_at INTEGER,
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX skald_flows_wake ON skald_flows (wake_at) WHERE wake_at IS NOT NULL;

CREATE INDEX skald_flows_list ON skald_flows (definition, status, started_at, id);

CREATE TABLE skald_requests (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    answer BLOB NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX skald_requests_at ON skald_requests (at);

-- One row per saga or flow, transaction and actor; "at" is in units of 100 ns.
CREATE TABLE skald_journal (
    owner BLOB NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    version INTEGER NOT NULL,
    reason TEXT,
    entries TEXT NOT NULL,
    PRIMARY KEY (owner, version, at, actor)
) STRICT, WITHOUT ROWID;

CREATE TABLE skald_ledger (
    scope BLOB NOT NULL,
    step TEXT NOT NULL,
    undo INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    message TEXT NOT NULL,
    outcome INTEGER NOT NULL,
    reply_type TEXT,
    reply BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (scope, step, undo, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE skald_stream_positions (
    topic TEXT NOT NULL,
    source TEXT NOT NULL,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (topic, source, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE skald_outbox (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    envelope BLOB NOT NULL,
    body BLOB NOT NULL,
    claimed_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX skald_outbox_claim ON skald_outbox (claimed_until);

CREATE TABLE skald_delayed (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    envelope BLOB NOT NULL,
    body BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    waits INTEGER NOT NULL,
    due INTEGER NOT NULL,
    reason TEXT NOT NULL,
    line TEXT,
    place INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX skald_delayed_due ON skald_delayed (due);
CREATE INDEX skald_delayed_line ON skald_delayed (line, place) WHERE line IS NOT NULL;

CREATE TABLE skald_dead_letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    envelope BLOB NOT NULL,
    body BLOB NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- "position" is the order of all events: one writer at a time, so it is also the order of the commits, without gaps.
CREATE TABLE skald_events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    correlation BLOB,
    causation BLOB,
    actor TEXT,
    UNIQUE (stream, version)
) STRICT;

CREATE TABLE skald_snapshots (
    stream TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    shape TEXT NOT NULL,
    state BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Business keys: who holds one for the time of a saga or flow, and which are dead for ever.
CREATE TABLE skald_lock (
    key TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX skald_lock_owner ON skald_lock (owner);

CREATE TABLE skald_tombstone (
    key TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
