-- A release keeps what it names otherwise than the one before it: publishing one prompt of ten thousand writes one row.
-- Numbers only rise along these changes. A release whose number is below the newest keeps all its entries in
-- release_entries, as every release did before.

ALTER TABLE releases ADD COLUMN is_whole BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE releases ADD COLUMN fingerprint TEXT;

CREATE TABLE release_changes (
    project_id TEXT NOT NULL REFERENCES projects (id),
    prompt_id TEXT NOT NULL REFERENCES prompts (id),
    sort_key BYTEA NOT NULL,
    version_id TEXT NOT NULL REFERENCES versions (id),
    PRIMARY KEY (prompt_id, sort_key)
);
