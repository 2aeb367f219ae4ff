-- What shows that an answer belongs to a request of this service follows from it; it never changes.
CREATE TABLE @schema.skald_secret (
    one integer PRIMARY KEY CHECK (one = 1),
    secret bytea NOT NULL
);

-- What came for a saga's step with another secret is about something else.
ALTER TABLE @schema.skald_ledger ADD COLUMN secret uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';

ALTER TABLE @schema.skald_ledger DROP CONSTRAINT skald_ledger_pkey;

ALTER TABLE @schema.skald_ledger ADD PRIMARY KEY (scope, step, secret, undo, attempt, bucket);
