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
-- Messages are edited, removed, and hang under one another.
ALTER TABLE message ADD COLUMN thread INTEGER; -- the message that this one hangs under
CREATE INDEX message_by_thread ON message (thread, id) WHERE thread IS NOT NULL;

-- The newest change of each message, or of its thread. Whoever writes to the
-- file, pages follow it by the revision; one that has no message any more was
-- removed. A revision is never given twice.
CREATE TABLE change (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    message  INTEGER NOT NULL UNIQUE,
    channel  TEXT    NOT NULL
) STRICT;
-- So far pages followed the ids. They go on where they were.
INSERT INTO change SELECT id, id, channel FROM message;

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
