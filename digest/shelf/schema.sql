-- The readings of files. All of the files can be read again.

-- A reading is the result of reading a content with a version of the reader. asked is
-- the name of the file if something was taken from it, else empty. Lists have one entry
-- on each line. An id is never reused, because cards and the index refer to readings by
-- it.
CREATE TABLE readings (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    content    BLOB NOT NULL,
    file       INTEGER NOT NULL, -- which bytes were read, as digest.Card has it
    asked      TEXT NOT NULL,
    reader     TEXT NOT NULL,
    used       INTEGER NOT NULL, -- the day on which it was last of use
    indexed    INTEGER NOT NULL DEFAULT 0, -- whether the index has its words
    draft      INTEGER NOT NULL,
    example    INTEGER NOT NULL,
    title      TEXT NOT NULL,
    date       TEXT NOT NULL,
    clock      INTEGER NOT NULL,
    author     TEXT NOT NULL,
    source     TEXT NOT NULL,
    language   TEXT NOT NULL,
    categories TEXT NOT NULL,
    tags       TEXT NOT NULL,
    window     TEXT NOT NULL, -- JSON, or empty
    page       TEXT NOT NULL, -- JSON, or empty
    problems   TEXT NOT NULL, -- JSON, or empty
    marks      BLOB NOT NULL,
    UNIQUE (content, asked, reader)
) STRICT;

CREATE INDEX not_indexed ON readings (reader) WHERE NOT indexed;

-- The rest of the digest, as JSON with a checksum. It has a table of its own, so that the
-- readings of a whole library can be loaded quickly.
CREATE TABLE texts (
    reading INTEGER PRIMARY KEY REFERENCES readings (id),
    text    BLOB NOT NULL
) STRICT;

-- The reading of each file, and the size and time of the file when it was read.
CREATE TABLE files (
    library TEXT NOT NULL,
    name    TEXT NOT NULL,
    size    INTEGER NOT NULL,
    time    INTEGER NOT NULL,
    reading INTEGER NOT NULL REFERENCES readings (id),
    PRIMARY KEY (library, name)
) STRICT, WITHOUT ROWID;

-- How the digests of a library are laid out, as learned by a version of the reader, in
-- TOML.
CREATE TABLE layouts (
    library TEXT PRIMARY KEY,
    reader  TEXT NOT NULL,
    layout  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The words of stories, split as in words.go; for the numbers of rows, see search.go.
-- ASCII signs that are tokens are listed; all characters beyond ASCII are token characters.
CREATE VIRTUAL TABLE stories USING fts5 (
    headline, text, sources, context,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '+#.'"
);

-- How many bytes of words are collected before they are written, because many small
-- segments would have to be merged.
INSERT INTO stories (stories, rank) VALUES ('hashsize', 8388608);
