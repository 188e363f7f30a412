-- Format 2: what a delivery said, that it can be corrected, hang a thread, be
-- passed on and be posted with another.

ALTER TABLE deliveries ADD COLUMN bundle TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN since INTEGER;
ALTER TABLE deliveries ADD COLUMN revised INTEGER;
ALTER TABLE deliveries ADD COLUMN said TEXT NOT NULL DEFAULT ''; -- a JSON array
UPDATE deliveries SET since = ended WHERE state = 'sent';

ALTER TABLE parts ADD COLUMN thread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE parts ADD COLUMN surplus INTEGER NOT NULL DEFAULT 0;
ALTER TABLE parts ADD COLUMN publish TEXT NOT NULL DEFAULT '';
ALTER TABLE parts ADD COLUMN receipt_thread TEXT NOT NULL DEFAULT '';

CREATE INDEX deliveries_by_bundle ON deliveries (bundle) WHERE bundle <> '';
CREATE INDEX deliveries_since ON deliveries (since);

DROP INDEX deliveries_waiting;
CREATE INDEX deliveries_waiting ON deliveries (adapter, channel, seq, since) WHERE state IN ('planned', 'sending', 'in doubt');
