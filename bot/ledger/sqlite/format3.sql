-- Format 3: why nothing gets through, how often a part was looked for, and what
-- people decided.

ALTER TABLE deliveries ADD COLUMN pause TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN paused INTEGER;
ALTER TABLE deliveries ADD COLUMN decisions TEXT NOT NULL DEFAULT ''; -- a JSON array

ALTER TABLE parts ADD COLUMN looks INTEGER NOT NULL DEFAULT 0;

-- What has not ended is a handful among all that ever was.
CREATE INDEX slots_running ON slots (subscription, at) WHERE outcome IN ('', 'posting');
