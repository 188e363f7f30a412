-- The messages of the web room.
CREATE TABLE IF NOT EXISTS message (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    posted  INTEGER NOT NULL, -- milliseconds since 1970
    payload BLOB    NOT NULL,
    UNIQUE (channel, key)
) STRICT;
CREATE INDEX IF NOT EXISTS message_by_channel ON message (channel, id);
