-- How far the rows beside it have come; committed with them.
CREATE TABLE @schema.skald_projection (
    name text PRIMARY KEY,
    tx bigint NOT NULL DEFAULT 0,
    number bigint NOT NULL DEFAULT 0,
    problem text
);
