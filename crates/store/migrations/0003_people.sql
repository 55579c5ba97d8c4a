-- People, and what they were given. A person exists once for the whole server and is a member of workspaces; what
-- they may do there is the sum of the bindings of themselves and of their teams.

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    folded_email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT,
    operator BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_login_at TIMESTAMPTZ
);

-- Who somebody is to an identity provider: issuer and subject, never an address that can be given to another.
CREATE TABLE identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);

CREATE TABLE members (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id);

CREATE TABLE teams (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (workspace_id, folded_name)
);

CREATE TABLE team_members (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    team_id TEXT NOT NULL REFERENCES teams (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_members_by_user ON team_members (workspace_id, user_id);

-- Roles a workspace defined beside the built-in ones.
CREATE TABLE roles (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    description TEXT NOT NULL,
    permissions JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (workspace_id, folded_name)
);

-- A role given to a person or a team, in the workspace, a project, a module or one environment. role holds the name
-- of a built-in role, or the id of a row of roles.
CREATE TABLE bindings (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    user_id TEXT REFERENCES users (id),
    team_id TEXT REFERENCES teams (id),
    role TEXT NOT NULL,
    project_id TEXT REFERENCES projects (id),
    module TEXT,
    environment TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK ((user_id IS NULL) <> (team_id IS NULL)),
    CHECK (project_id IS NOT NULL OR (module IS NULL AND environment IS NULL)),
    CHECK (module IS NULL OR environment IS NULL)
);
CREATE INDEX bindings_by_user ON bindings (workspace_id, user_id);
CREATE INDEX bindings_by_team ON bindings (team_id);
CREATE INDEX bindings_by_project ON bindings (project_id);

-- Answers kept for retries now belong to people as well as to keys.
DROP TABLE idempotency;
CREATE TABLE idempotency (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    caller_id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    body BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (caller_id, idempotency_key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);
