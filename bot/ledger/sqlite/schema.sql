-- The tables of the ledger. Times are nanoseconds since 1970 in UTC; NULL is the
-- zero time.

-- A delivery's seq is the order in which it was planned.
CREATE TABLE deliveries (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    key          TEXT NOT NULL UNIQUE,
    digest       TEXT NOT NULL,
    title        TEXT NOT NULL,
    adapter      TEXT NOT NULL,
    channel      TEXT NOT NULL,
    subscription TEXT NOT NULL,
    style        TEXT NOT NULL,
    language     TEXT NOT NULL,
    cause        TEXT NOT NULL,
    asked_by     TEXT NOT NULL,
    slot         INTEGER,
    state        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    planned      INTEGER,
    next         INTEGER,
    ended        INTEGER,
    version      INTEGER NOT NULL,
    bundle       TEXT NOT NULL DEFAULT '', -- key of the delivery that it is posted with
    since        INTEGER,
    revised      INTEGER,
    said         TEXT NOT NULL DEFAULT '', -- what it said, so that it can be corrected: a JSON array
    pause        TEXT NOT NULL DEFAULT '', -- why nothing gets through
    paused       INTEGER,
    decisions    TEXT NOT NULL DEFAULT ''  -- what people decided: a JSON array
) STRICT;

CREATE INDEX deliveries_by_channel ON deliveries (adapter, channel, digest);
CREATE INDEX deliveries_by_slot ON deliveries (subscription, slot);
CREATE INDEX deliveries_by_bundle ON deliveries (bundle) WHERE bundle <> '';
CREATE INDEX deliveries_since ON deliveries (since);

-- Only a handful of all deliveries are waiting. The condition is their end, so that a change
-- of state does not touch the index.
CREATE INDEX deliveries_waiting ON deliveries (adapter, channel, seq, since) WHERE ended IS NULL;

CREATE TABLE parts (
    delivery        INTEGER NOT NULL REFERENCES deliveries (seq),
    number          INTEGER NOT NULL,
    key             TEXT NOT NULL UNIQUE,
    state           TEXT NOT NULL,
    attempts        INTEGER NOT NULL,
    first           INTEGER,
    last            INTEGER,
    receipt_adapter TEXT NOT NULL,
    receipt_channel TEXT NOT NULL,
    receipt_id      TEXT NOT NULL,
    receipt_url     TEXT NOT NULL,
    reason          TEXT NOT NULL,
    thread          INTEGER NOT NULL DEFAULT 0,
    surplus         INTEGER NOT NULL DEFAULT 0,
    publish         TEXT NOT NULL DEFAULT '',
    receipt_thread  TEXT NOT NULL DEFAULT '',
    looks           INTEGER NOT NULL DEFAULT 0, -- how often it was looked for
    PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

-- Payloads are stored separately, so that a change of state does not write them again.
CREATE TABLE payloads (
    delivery INTEGER NOT NULL REFERENCES deliveries (seq),
    number   INTEGER NOT NULL,
    payload  BLOB NOT NULL,
    PRIMARY KEY (delivery, number)
) STRICT;

-- Since when a subscription serves a channel.
CREATE TABLE beginnings (
    subscription TEXT NOT NULL,
    adapter      TEXT NOT NULL,
    channel      TEXT NOT NULL,
    since        INTEGER,
    PRIMARY KEY (subscription, adapter, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE slots (
    subscription TEXT NOT NULL,
    at           INTEGER NOT NULL,
    until        INTEGER,
    outcome      TEXT NOT NULL,
    reason       TEXT NOT NULL,
    closed       INTEGER,
    PRIMARY KEY (subscription, at)
) STRICT, WITHOUT ROWID;

-- Only a handful of all slots have not ended.
CREATE INDEX slots_running ON slots (subscription, at) WHERE outcome IN ('', 'posting');

-- Which ledger this is, how many commits it has had, whether the file is a copy that was
-- not opened yet, and whether it may lack later commits.
CREATE TABLE mark (
    id      TEXT NOT NULL,
    commits INTEGER NOT NULL,
    copied  INTEGER NOT NULL,
    behind  INTEGER NOT NULL
) STRICT;
INSERT INTO mark VALUES (lower(hex(randomblob(8))), 0, 0, 0);

-- Settings that people change: subscriptions made in chat, followed tags, paused channels.
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

-- How often any of these was changed, so that a process that caches them notices changes
-- by another process.
CREATE TABLE revision (settings INTEGER NOT NULL) STRICT;
INSERT INTO revision VALUES (0);

-- The record of what admins did.
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

-- When a digest was first seen.
CREATE TABLE seen (
    digest TEXT PRIMARY KEY,
    at     INTEGER
) STRICT, WITHOUT ROWID;

-- Adapters that receive no commands until the bot is restarted.
CREATE TABLE outages (
    adapter TEXT PRIMARY KEY,
    scope   TEXT NOT NULL,
    since   INTEGER,
    reason  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
