-- Running applications: what each said last. Facts that are written in batches, stand in no audit entry and are deleted
-- after a quarter of an hour of silence.
CREATE TABLE clients (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    project_id TEXT NOT NULL REFERENCES projects (id),
    instance TEXT NOT NULL,
    report JSONB NOT NULL,
    last_seen TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (project_id, instance)
);
CREATE INDEX clients_by_last_seen ON clients (last_seen);
