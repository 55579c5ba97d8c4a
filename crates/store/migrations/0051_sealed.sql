-- What a document and a version say is sealed from now on. A row without a sealed value was written before: it holds
-- its text in the old columns until it is sealed, which empties them.
ALTER TABLE documents ADD COLUMN sealed BYTEA;
ALTER TABLE versions ADD COLUMN sealed BYTEA;

-- The key of the tokens that the full-text index holds in place of words of content.
CREATE TABLE search_keys (
    workspace_id TEXT PRIMARY KEY REFERENCES workspaces (id),
    sealed BYTEA NOT NULL
);

-- Answers are kept for a day and may quote what was pushed: those kept in clear are forgotten.
DELETE FROM idempotency;
ALTER TABLE idempotency RENAME COLUMN body TO sealed;
