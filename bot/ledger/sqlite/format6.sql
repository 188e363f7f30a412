-- Format 6: adapters that hear no commands until the bot is started again.

CREATE TABLE outages (
    adapter TEXT PRIMARY KEY,
    scope   TEXT NOT NULL,
    since   INTEGER,
    reason  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
