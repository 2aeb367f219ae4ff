-- Who keeps a saga from being removed, and why; null for nobody.
ALTER TABLE @schema.skald_sagas ADD COLUMN hold text;

-- What may be removed, the longest ended first.
CREATE INDEX skald_sagas_ended ON @schema.skald_sagas (ended_at) WHERE ended_at IS NOT NULL AND hold IS NULL;

CREATE INDEX skald_flows_ended ON @schema.skald_flows (ended_at) WHERE ended_at IS NOT NULL;

-- Lines of flows that other services keep the record of.
CREATE INDEX skald_journal_part ON @schema.skald_journal (at) WHERE version = 0;

-- Messages that belong to no saga's step.
CREATE INDEX skald_ledger_message ON @schema.skald_ledger (at) WHERE step = '';

-- A saga's messages that are tried again, or were given up and may be: what is known of it is kept.
ALTER TABLE @schema.skald_delayed ADD COLUMN saga uuid;
ALTER TABLE @schema.skald_dead_letters ADD COLUMN saga uuid;
CREATE INDEX skald_delayed_saga ON @schema.skald_delayed (saga) WHERE saga IS NOT NULL;
CREATE INDEX skald_dead_letters_saga ON @schema.skald_dead_letters (saga) WHERE saga IS NOT NULL;

-- Sagas and flows that were removed: they were there.
CREATE TABLE @schema.skald_removed (
    id uuid PRIMARY KEY,
    definition text COLLATE "C" NOT NULL,
    key text COLLATE "C",
    status smallint NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint NOT NULL,
    at bigint NOT NULL
);

CREATE INDEX skald_removed_at ON @schema.skald_removed (at);

-- As many rows go as come: their room is to be used again soon, and the cleaner must not fall behind.
ALTER TABLE @schema.skald_sagas SET (autovacuum_vacuum_cost_delay = 0);
ALTER TABLE @schema.skald_flows SET (autovacuum_vacuum_cost_delay = 0);
ALTER TABLE @schema.skald_outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE @schema.skald_delayed SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE @schema.skald_requests SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE @schema.skald_removed SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- The parts that are there; later ones are made so.
DO $$
DECLARE part regclass;
BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent IN ('@schema.skald_journal'::regclass, '@schema.skald_ledger'::regclass) LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0)', part);
    END LOOP;
END
$$;
