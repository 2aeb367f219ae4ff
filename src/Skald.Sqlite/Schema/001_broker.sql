-- A broker in a file. A message belongs to a process (its owner) or, with owner 0, to whoever takes it first.
CREATE TABLE IF NOT EXISTS queues (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE IF NOT EXISTS owners (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    seen_at INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY,
    queue INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    envelope BLOB NOT NULL,
    body BLOB NOT NULL
);

CREATE INDEX IF NOT EXISTS messages_free ON messages (queue, seq) WHERE owner = 0;

CREATE TABLE IF NOT EXISTS topics (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- Each queue gets a copy of what is published to the topic.
CREATE TABLE IF NOT EXISTS subscriptions (
    topic INTEGER NOT NULL,
    queue INTEGER NOT NULL,
    PRIMARY KEY (topic, queue)
) WITHOUT ROWID;
