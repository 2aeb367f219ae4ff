-- Who keeps a saga from being removed, and why; null for nobody.
ALTER TABLE skald_sagas ADD COLUMN hold TEXT;

-- What may be removed, the longest ended first.
CREATE INDEX skald_sagas_ended ON skald_sagas (ended_at) WHERE ended_at IS NOT NULL AND hold IS NULL;

CREATE INDEX skald_flows_ended ON skald_flows (ended_at) WHERE ended_at IS NOT NULL;

-- Lines of flows that other services keep the record of.
CREATE INDEX skald_journal_part ON skald_journal (at) WHERE version = 0;

-- Messages that belong to no saga's step.
CREATE INDEX skald_ledger_message ON skald_ledger (at) WHERE step = '';

-- A saga's messages that are tried again, or were given up and may be: what is known of it is kept.
ALTER TABLE skald_delayed ADD COLUMN saga BLOB;
ALTER TABLE skald_dead_letters ADD COLUMN saga BLOB;
CREATE INDEX skald_delayed_saga ON skald_delayed (saga) WHERE saga IS NOT NULL;
CREATE INDEX skald_dead_letters_saga ON skald_dead_letters (saga) WHERE saga IS NOT NULL;

-- Sagas and flows that were removed: they were there.
CREATE TABLE skald_removed (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    definition TEXT NOT NULL,
    key TEXT,
    status INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX skald_removed_at ON skald_removed (at);
