-- Who has signed in to the web room.
CREATE TABLE session (
    hash    BLOB    PRIMARY KEY, -- HMAC-SHA-256 of what the cookie holds, keyed by the token
    expires INTEGER NOT NULL     -- milliseconds since 1970
) STRICT, WITHOUT ROWID;
