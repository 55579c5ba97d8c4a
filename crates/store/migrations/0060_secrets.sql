-- Other systems that a workspace set up. The table is not only for secrets: a connector is found by name, whatever it
-- leads to. Settings hold nothing secret; the credential is sealed for its row, and bound to the URL it was given for.
CREATE TABLE connectors (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    settings JSONB NOT NULL,
    credential_sealed BYTEA,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (workspace_id, folded_name)
);

-- Which secrets the prompts of a project may ask for, and where each comes from.
CREATE TABLE project_secrets (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    project_id TEXT NOT NULL REFERENCES projects (id),
    pattern TEXT NOT NULL,
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (project_id, pattern)
);
CREATE INDEX project_secrets_by_connector ON project_secrets (connector_id);
