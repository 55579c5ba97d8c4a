-- Who vouches for a version: the workspace's key, from the moment it is published; and the lock, which freezes it.
CREATE TABLE version_signatures (
    version_id TEXT PRIMARY KEY REFERENCES versions (id),
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    signing_key TEXT NOT NULL,
    signature BYTEA NOT NULL
);

CREATE TABLE version_locks (
    version_id TEXT PRIMARY KEY REFERENCES versions (id),
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    locked_by JSONB NOT NULL,
    locked_at TIMESTAMPTZ NOT NULL,
    reason TEXT,
    signing_key TEXT NOT NULL,
    signature BYTEA NOT NULL
);

-- An alias with a policy. The alias may come later than its policy.
CREATE TABLE environments (
    project_id TEXT NOT NULL REFERENCES projects (id),
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    alias TEXT NOT NULL,
    folded_alias TEXT NOT NULL,
    locked_only BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (project_id, folded_alias)
);
