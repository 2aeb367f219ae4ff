-- A broker. A message belongs to a process (its owner) or, with owner 0, to whoever takes it first.
CREATE TABLE @schema.queues (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);

-- Ids are never used again, so an owner that was given up can do no harm when it comes back.
CREATE TABLE @schema.owners (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seen_at timestamptz NOT NULL
);

-- Which processes wait for a notification, and for what.
CREATE TABLE @schema.sleepers (
    queue integer NOT NULL,
    owner bigint NOT NULL,
    PRIMARY KEY (queue, owner)
);

-- Processes draw ids in blocks.
CREATE SEQUENCE @schema.message_ids INCREMENT BY 10000;

CREATE TABLE @schema.messages (
    id bigint PRIMARY KEY,
    queue integer NOT NULL,
    owner bigint NOT NULL,
    envelope bytea NOT NULL,
    body bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX messages_free ON @schema.messages (queue, id) WHERE owner = 0;
