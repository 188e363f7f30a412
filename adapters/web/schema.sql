-- The tables of the web room.

CREATE TABLE message (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    posted  INTEGER NOT NULL, -- milliseconds since 1970
    payload BLOB    NOT NULL,
    thread  INTEGER,          -- the message that this one hangs under
    UNIQUE (channel, key)
) STRICT;
CREATE INDEX message_by_channel ON message (channel, id);
CREATE INDEX message_by_thread ON message (thread, id) WHERE thread IS NOT NULL;

-- The newest change of each message, or of its thread. Pages follow the changes by
-- revision, whichever process writes to the file. A change whose message no longer
-- exists is a removal. A revision is never reused.
CREATE TABLE change (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    message  INTEGER NOT NULL UNIQUE,
    channel  TEXT    NOT NULL
) STRICT;

CREATE TRIGGER message_posted AFTER INSERT ON message BEGIN
    DELETE FROM change WHERE message = coalesce(NEW.thread, NEW.id);
    INSERT INTO change (message, channel) VALUES (coalesce(NEW.thread, NEW.id), NEW.channel);
END;
CREATE TRIGGER message_edited AFTER UPDATE ON message WHEN NEW.payload <> OLD.payload BEGIN
    DELETE FROM change WHERE message = coalesce(NEW.thread, NEW.id);
    INSERT INTO change (message, channel) VALUES (coalesce(NEW.thread, NEW.id), NEW.channel);
END;
CREATE TRIGGER message_removed AFTER DELETE ON message BEGIN
    DELETE FROM change WHERE message = coalesce(OLD.thread, OLD.id);
    INSERT INTO change (message, channel) VALUES (coalesce(OLD.thread, OLD.id), OLD.channel);
END;

-- The sessions in the web room, and the token they belong to: the row that expires
-- at 0 is a marker for it.
CREATE TABLE session (
    hash    BLOB    PRIMARY KEY, -- HMAC-SHA-256 of what the cookie holds, keyed by the token
    expires INTEGER NOT NULL     -- milliseconds since 1970
) STRICT, WITHOUT ROWID;
