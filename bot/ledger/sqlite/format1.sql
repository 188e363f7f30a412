-- Format 1 of the ledger. Times are nanoseconds since 1970 in UTC; NULL is the
-- zero time. A delivery's seq is the order in which it was planned.

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
    version      INTEGER NOT NULL
) STRICT;

CREATE INDEX deliveries_by_channel ON deliveries (adapter, channel, digest);
CREATE INDEX deliveries_by_slot ON deliveries (subscription, slot);

-- What waits is a handful among all that ever was.
CREATE INDEX deliveries_waiting ON deliveries (adapter, channel, seq) WHERE state IN ('planned', 'sending', 'in doubt');

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
    PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

-- Payloads stand apart, so that a change of state does not write them again.
CREATE TABLE payloads (
    delivery INTEGER NOT NULL REFERENCES deliveries (seq),
    number   INTEGER NOT NULL,
    payload  BLOB NOT NULL,
    PRIMARY KEY (delivery, number)
) STRICT;

-- Who serves which channel since when.
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
