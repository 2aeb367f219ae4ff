-- One service's rows. Times are Unix milliseconds, ids are UUIDs in big-endian bytes, so that time-ordered ids lie together.
CREATE TABLE IF NOT EXISTS skald_sagas (
    id BLOB PRIMARY KEY,
    definition TEXT NOT NULL,
    version INTEGER NOT NULL,
    status INTEGER NOT NULL,
    state BLOB NOT NULL,
    steps TEXT NOT NULL,
    failed_step TEXT,
    failure_type TEXT,
    failure_message TEXT,
    park_reason TEXT,
    wake_at INTEGER,
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS skald_sagas_wake ON skald_sagas (wake_at) WHERE wake_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS skald_starts (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    saga BLOB NOT NULL,
    state BLOB NOT NULL
) WITHOUT ROWID;

-- One row per saga and transaction; "at" is in units of 100 ns. Beside its own saga's rows, so one tree serves both uses.
CREATE TABLE IF NOT EXISTS skald_journal (
    saga BLOB NOT NULL,
    at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    entries TEXT NOT NULL,
    PRIMARY KEY (saga, at)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS skald_ledger (
    scope BLOB NOT NULL,
    step TEXT NOT NULL,
    undo INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    message TEXT NOT NULL,
    outcome INTEGER NOT NULL,
    reply_type TEXT,
    reply BLOB,
    at INTEGER NOT NULL,
    PRIMARY KEY (scope, step, undo, attempt)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS skald_outbox (
    id BLOB PRIMARY KEY,
    envelope BLOB NOT NULL,
    body BLOB NOT NULL,
    claimed_until INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS skald_outbox_claim ON skald_outbox (claimed_until);

CREATE TABLE IF NOT EXISTS skald_delayed (
    id BLOB PRIMARY KEY,
    envelope BLOB NOT NULL,
    body BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    due INTEGER NOT NULL,
    error TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS skald_delayed_due ON skald_delayed (due);

CREATE TABLE IF NOT EXISTS skald_dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    envelope BLOB,
    body BLOB NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    at INTEGER NOT NULL
);

-- "position" is the order of all events: one writer at a time, so it is also the order of the commits, without gaps.
CREATE TABLE IF NOT EXISTS skald_events (
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
);

CREATE TABLE IF NOT EXISTS skald_snapshots (
    stream TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    shape TEXT NOT NULL,
    state BLOB NOT NULL
) WITHOUT ROWID;

-- Business keys: who holds one for the time of a saga or flow, and which are dead for ever.
CREATE TABLE IF NOT EXISTS skald_lock (
    key TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS skald_lock_owner ON skald_lock (owner);

CREATE TABLE IF NOT EXISTS skald_tombstone (
    key TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
