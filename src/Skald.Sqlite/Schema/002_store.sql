-- Written to find out whether the file can be written, and how much there is room for.
CREATE TABLE skald_room (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    filler BLOB NOT NULL
) STRICT;
