-- Workspaces have names people choose, unique on the server; keys open as little as one alias, are rotated with an
-- overlap, and say when they were used.

ALTER TABLE workspaces ADD COLUMN folded_name TEXT NOT NULL DEFAULT '';
UPDATE workspaces SET folded_name = lower(name);
CREATE UNIQUE INDEX workspaces_by_name ON workspaces (folded_name);

-- role holds the name of a built-in role, or the id of a row of roles. While a rotated key's overlap lasts, the hash
-- of its old secret opens it too.
ALTER TABLE api_keys ADD COLUMN module TEXT;
ALTER TABLE api_keys ADD COLUMN environment TEXT;
ALTER TABLE api_keys ADD COLUMN created_by JSONB;
ALTER TABLE api_keys ADD COLUMN not_before TIMESTAMPTZ;
ALTER TABLE api_keys ADD COLUMN rotated_at TIMESTAMPTZ;
ALTER TABLE api_keys ADD COLUMN previous_hash BYTEA;
ALTER TABLE api_keys ADD COLUMN previous_until TIMESTAMPTZ;
ALTER TABLE api_keys ADD COLUMN last_used_at TIMESTAMPTZ;
CREATE INDEX api_keys_by_role ON api_keys (workspace_id, role);

CREATE INDEX bindings_by_role ON bindings (workspace_id, role);
