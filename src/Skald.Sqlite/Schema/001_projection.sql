-- How far the rows beside it have come; committed with them.
CREATE TABLE IF NOT EXISTS skald_projections (
    name TEXT PRIMARY KEY,
    tx INTEGER NOT NULL DEFAULT 0,
    number INTEGER NOT NULL DEFAULT 0,
    problem TEXT
) WITHOUT ROWID;
