-- Format 5: what people want: subscriptions that are made in chat, tags that are
-- followed, channels that are halted; the record of what admins did; and when a
-- digest was first seen.

CREATE TABLE subscriptions (
    name     TEXT PRIMARY KEY,
    adapter  TEXT NOT NULL,
    channel  TEXT NOT NULL,
    home     TEXT NOT NULL,
    settings TEXT NOT NULL,
    by_id    TEXT NOT NULL,
    by_name  TEXT NOT NULL,
    at       INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE follows (
    adapter TEXT NOT NULL,
    channel TEXT NOT NULL,
    user    TEXT NOT NULL,
    tag     TEXT NOT NULL,
    at      INTEGER,
    PRIMARY KEY (adapter, channel, user, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE halts (
    adapter TEXT NOT NULL,
    channel TEXT NOT NULL,
    by_id   TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at      INTEGER,
    PRIMARY KEY (adapter, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE acts (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER,
    by_id   TEXT NOT NULL,
    by_name TEXT NOT NULL,
    adapter TEXT NOT NULL,
    channel TEXT NOT NULL,
    home    TEXT NOT NULL,
    line    TEXT NOT NULL,
    what    TEXT NOT NULL
) STRICT;
CREATE INDEX acts_by_home ON acts (adapter, home, seq);

CREATE TABLE seen (
    digest TEXT PRIMARY KEY,
    at     INTEGER
) STRICT, WITHOUT ROWID;
