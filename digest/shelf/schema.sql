-- The readings of files. All of them can be read again.

-- A reading is what a version of the reader made of a content. asked is the name
-- of the file if something was taken from it, else empty. Lists have one entry on
-- a line.
CREATE TABLE readings (
    id         INTEGER PRIMARY KEY,
    content    BLOB NOT NULL,
    asked      TEXT NOT NULL,
    reader     TEXT NOT NULL,
    used       INTEGER NOT NULL, -- the day on which it was last of use
    draft      INTEGER NOT NULL,
    example    INTEGER NOT NULL,
    title      TEXT NOT NULL,
    date       TEXT NOT NULL,
    author     TEXT NOT NULL,
    source     TEXT NOT NULL,
    language   TEXT NOT NULL,
    categories TEXT NOT NULL,
    tags       TEXT NOT NULL,
    window     TEXT NOT NULL, -- JSON, or empty
    problems   TEXT NOT NULL, -- JSON, or empty
    marks      BLOB NOT NULL,
    UNIQUE (content, asked, reader)
) STRICT;

-- The rest of the digest, as JSON. It stands apart, so that the readings of a
-- whole library are read in a moment.
CREATE TABLE texts (
    reading INTEGER PRIMARY KEY REFERENCES readings (id),
    text    BLOB NOT NULL
) STRICT;

-- Which reading a file had, and how it looked then.
CREATE TABLE files (
    library TEXT NOT NULL,
    name    TEXT NOT NULL,
    size    INTEGER NOT NULL,
    time    INTEGER NOT NULL,
    reading INTEGER NOT NULL REFERENCES readings (id),
    PRIMARY KEY (library, name)
) STRICT, WITHOUT ROWID;
