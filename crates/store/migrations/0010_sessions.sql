-- People's sign-ins, and the one-time codes that lead to one.

-- Somebody signed in on one device. It ends at ends_at, earlier when it is not used, at once when it is revoked.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    proof TEXT NOT NULL,
    kind TEXT NOT NULL,
    client TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    refreshed_at TIMESTAMPTZ NOT NULL,
    idle_until TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Keyed hashes of the tokens that renew a session. One is current; the others were replaced, and whoever presents one
-- of those holds a copy.
CREATE TABLE refresh_tokens (
    hash BYTEA PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    created_at TIMESTAMPTZ NOT NULL,
    replaced_at TIMESTAMPTZ
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- One-time links: into a workspace with a role, or (with a person and no role) to a new password.
CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    token_hash BYTEA NOT NULL UNIQUE,
    email TEXT NOT NULL,
    user_id TEXT REFERENCES users (id),
    role TEXT,
    project_id TEXT REFERENCES projects (id),
    created_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    spent_at TIMESTAMPTZ
);
CREATE INDEX invitations_by_workspace ON invitations (workspace_id, id);
CREATE INDEX invitations_by_project ON invitations (project_id);

-- What signed-in people decided about the codes that devices show. A code nobody has entered has no row.
CREATE TABLE devices (
    code_hash BYTEA PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    proof TEXT NOT NULL,
    approved BOOLEAN NOT NULL,
    decided_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    redeemed_at TIMESTAMPTZ
);
CREATE INDEX devices_by_age ON devices (expires_at);
