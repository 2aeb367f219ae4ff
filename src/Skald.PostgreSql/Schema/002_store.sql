-- Events. Their order is (tx, position): "tx" is the number of the transaction that wrote them, which no transaction that is
-- still open can undercut once the server has moved past it. Readers stay below that line and so never miss a late commit.
CREATE TABLE @schema.skald_events (
    position bigint GENERATED ALWAYS AS IDENTITY,
    tx bigint NOT NULL,
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    type text NOT NULL,
    body bytea NOT NULL,
    at bigint NOT NULL,
    correlation uuid,
    causation uuid,
    actor text,
    PRIMARY KEY (stream, version)
);

CREATE UNIQUE INDEX skald_events_order ON @schema.skald_events (tx, position);

-- Transaction numbers begin anew in a server that a dump is restored to; "shift" is added to them, so that positions go on growing.
CREATE TABLE @schema.skald_event_clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    shift bigint NOT NULL DEFAULT 0
);

INSERT INTO @schema.skald_event_clock DEFAULT VALUES;

CREATE TABLE @schema.skald_snapshots (
    stream text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    shape text NOT NULL,
    state bytea NOT NULL
);
