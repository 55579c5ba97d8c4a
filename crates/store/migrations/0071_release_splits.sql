-- How an alias shares with other releases than the one it stands on: a split whose versions are releases. The rows of
-- alias_splits are made from it; they say nothing of releases.
ALTER TABLE aliases ADD COLUMN release_split JSONB;
