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
