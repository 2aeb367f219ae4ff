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
