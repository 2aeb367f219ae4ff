-- What shows that an answer belongs to a request of this service follows from it; it never changes.
CREATE TABLE skald_secret (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    secret BLOB NOT NULL
) STRICT;

-- What came for a saga's step with another secret is about something else.
CREATE TABLE skald_ledger_new (
    scope BLOB NOT NULL,
    step TEXT NOT NULL,
    secret BLOB NOT NULL CHECK (length(secret) = 16),
    undo INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    message TEXT NOT NULL,
    outcome INTEGER NOT NULL,
    reply_type TEXT,
    reply BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (scope, step, secret, undo, attempt)
) STRICT, WITHOUT ROWID;

INSERT INTO skald_ledger_new SELECT scope, step, zeroblob(16), undo, attempt, message, outcome, reply_type, reply, at FROM skald_ledger;

DROP TABLE skald_ledger;

ALTER TABLE skald_ledger_new RENAME TO skald_ledger;
