-- Format 4: which ledger this is, how many commits it has seen, whether the file
-- is a copy that nobody has opened yet, and whether more was committed once than
-- it knows of.

CREATE TABLE mark (
    id      TEXT NOT NULL,
    commits INTEGER NOT NULL,
    copied  INTEGER NOT NULL,
    behind  INTEGER NOT NULL
) STRICT;
INSERT INTO mark VALUES (lower(hex(randomblob(8))), 0, 0, 0);

-- What waits is known by its end, so that a change of state does not touch this.
DROP INDEX deliveries_waiting;
CREATE INDEX deliveries_waiting ON deliveries (adapter, channel, seq, since) WHERE ended IS NULL;
