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
