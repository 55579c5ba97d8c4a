-- Prompts whose newest texts are not in the full-text index yet: noted with what changed them, indexed soon after, and
-- before anybody searches.

CREATE TABLE search_pending (
    prompt_id TEXT PRIMARY KEY REFERENCES prompts (id),
    workspace_id TEXT NOT NULL REFERENCES workspaces (id)
);
CREATE INDEX search_pending_by_workspace ON search_pending (workspace_id);
