-- Format 2: who has signed in to the operator page.
CREATE TABLE digestbot.sessions (
    id    text COLLATE "C" PRIMARY KEY, -- a hash
    note  text NOT NULL,
    until timestamptz NOT NULL, -- unless there is a visit
    last  timestamptz NOT NULL  -- however often there is one
);
