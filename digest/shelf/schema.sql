-- The readings of files. All of them can be read again.

-- A reading is what a version of the reader made of a content. asked is the name
-- of the file if something was taken from it, else empty. Lists have one entry on
-- a line. An id is never used again, because cards and the index name readings by it.
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

-- The rest of the digest, as JSON and its checksum. It stands apart, so that the readings of a
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

-- How the digests of a library are laid out, as a version of the reader has learned
-- it, as TOML.
CREATE TABLE layouts (
    library TEXT PRIMARY KEY,
    reader  TEXT NOT NULL,
    layout  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The words of stories, as words.go cuts them; search.go tells how rows are numbered.
-- ASCII signs that are tokens are listed, all beyond ASCII is taken as it is.
CREATE VIRTUAL TABLE stories USING fts5 (
    headline, text, sources, context,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '+#.'"
);

-- How many bytes of words are gathered before they are written: many small pieces
-- would have to be merged.
INSERT INTO stories (stories, rank) VALUES ('hashsize', 8388608);
