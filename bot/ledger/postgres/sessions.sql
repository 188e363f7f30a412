-- Format 2: who has signed in to the operator page.
CREATE TABLE digestbot.sessions (
    id    text COLLATE "C" PRIMARY KEY, -- a hash
    note  text NOT NULL,
    until timestamptz NOT NULL, -- without another visit
    last  timestamptz NOT NULL  -- regardless of visits
);
