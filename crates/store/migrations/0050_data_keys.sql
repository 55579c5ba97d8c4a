-- The keys that seal values, one a workspace and version, each sealed under the master key that master_id names. One
-- is active; older ones exist only until everything they seal has been sealed again.
CREATE TABLE data_keys (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    version BIGINT NOT NULL,
    master_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    active BOOLEAN NOT NULL,
    PRIMARY KEY (workspace_id, version)
);
