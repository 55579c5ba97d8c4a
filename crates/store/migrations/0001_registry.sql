-- The registry. One text for SQLite and PostgreSQL: identifiers are ULIDs as text, moments have microseconds,
-- JSONB columns hold objects or arrays only (a scalar would take SQLite's numeric affinity).

CREATE TABLE workspaces (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (workspace_id, folded_name)
);

CREATE TABLE modules (
    project_id TEXT NOT NULL REFERENCES projects (id),
    path TEXT NOT NULL,
    PRIMARY KEY (project_id, path)
);

CREATE TABLE prompts (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    module TEXT NOT NULL,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    owner TEXT,
    kind TEXT NOT NULL,
    description TEXT,
    tags JSONB NOT NULL,
    latest_version TEXT NOT NULL,
    lifecycle TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (project_id, folded_name)
);
CREATE INDEX prompts_by_module ON prompts (project_id, module, folded_name);

CREATE TABLE documents (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    digest TEXT NOT NULL,
    content TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workspace_id, digest)
);

-- sort_key orders versions by semantic versioning when compared byte by byte.
CREATE TABLE versions (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    project_id TEXT NOT NULL REFERENCES projects (id),
    prompt_id TEXT NOT NULL REFERENCES prompts (id),
    version TEXT NOT NULL,
    sort_key BYTEA NOT NULL,
    digest TEXT NOT NULL,
    bump TEXT NOT NULL,
    reasons JSONB NOT NULL,
    interface JSONB NOT NULL,
    dependencies JSONB NOT NULL,
    changelog TEXT,
    author JSONB NOT NULL,
    git_commit TEXT,
    origin JSONB,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (prompt_id, version),
    FOREIGN KEY (workspace_id, digest) REFERENCES documents (workspace_id, digest)
);
CREATE INDEX versions_in_order ON versions (prompt_id, sort_key);
CREATE INDEX versions_by_project ON versions (project_id, digest);
CREATE INDEX versions_by_document ON versions (workspace_id, digest);

-- What may change about a version. A row exists only while the version is archived.
CREATE TABLE version_states (
    version_id TEXT PRIMARY KEY REFERENCES versions (id),
    archived_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE releases (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    version TEXT NOT NULL,
    sort_key BYTEA NOT NULL,
    prompt_count BIGINT NOT NULL,
    changelog TEXT,
    author JSONB NOT NULL,
    git_commit TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (project_id, version)
);
CREATE INDEX releases_in_order ON releases (project_id, sort_key);

CREATE TABLE release_entries (
    release_id TEXT NOT NULL REFERENCES releases (id),
    prompt_id TEXT NOT NULL REFERENCES prompts (id),
    version_id TEXT NOT NULL REFERENCES versions (id),
    PRIMARY KEY (release_id, prompt_id)
);
CREATE INDEX release_entries_by_prompt ON release_entries (prompt_id);
CREATE INDEX release_entries_by_version ON release_entries (version_id);

CREATE TABLE aliases (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    release_id TEXT REFERENCES releases (id),
    moved_by JSONB NOT NULL,
    moved_at TIMESTAMPTZ NOT NULL,
    reason TEXT,
    UNIQUE (project_id, folded_name)
);
CREATE INDEX aliases_by_release ON aliases (release_id);

CREATE TABLE alias_entries (
    alias_id TEXT NOT NULL REFERENCES aliases (id),
    prompt_id TEXT NOT NULL REFERENCES prompts (id),
    version_id TEXT NOT NULL REFERENCES versions (id),
    PRIMARY KEY (alias_id, prompt_id)
);
CREATE INDEX alias_entries_by_prompt ON alias_entries (prompt_id);
CREATE INDEX alias_entries_by_version ON alias_entries (version_id);

-- One row a move; entries is the whole map afterwards, prompt name to version.
CREATE TABLE alias_history (
    alias_id TEXT NOT NULL REFERENCES aliases (id),
    revision BIGINT NOT NULL,
    project_id TEXT NOT NULL REFERENCES projects (id),
    action TEXT NOT NULL,
    release_id TEXT REFERENCES releases (id),
    entries JSONB NOT NULL,
    moved_by JSONB NOT NULL,
    moved_at TIMESTAMPTZ NOT NULL,
    reason TEXT,
    PRIMARY KEY (alias_id, revision)
);
CREATE INDEX alias_history_by_time ON alias_history (alias_id, moved_at);
CREATE INDEX alias_history_by_project ON alias_history (project_id);
CREATE INDEX alias_history_by_release ON alias_history (release_id);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    project_id TEXT REFERENCES projects (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    prefix TEXT NOT NULL UNIQUE,
    secret_hash BYTEA NOT NULL,
    last4 TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX api_keys_by_workspace ON api_keys (workspace_id, id);
CREATE INDEX api_keys_by_project ON api_keys (project_id);

CREATE TABLE idempotency (
    key_id TEXT NOT NULL REFERENCES api_keys (id),
    idempotency_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    body BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (key_id, idempotency_key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- The end of each workspace's audit chain. Its row lock is what makes revisions gap-free.
CREATE TABLE audit_heads (
    workspace_id TEXT PRIMARY KEY REFERENCES workspaces (id),
    revision BIGINT NOT NULL,
    hash TEXT NOT NULL
);

CREATE TABLE audit_log (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    revision BIGINT NOT NULL,
    parent TEXT NOT NULL,
    hash TEXT NOT NULL,
    action TEXT NOT NULL,
    actor JSONB NOT NULL,
    project TEXT,
    target TEXT NOT NULL,
    before TEXT,
    after TEXT,
    reason TEXT,
    request_id TEXT,
    details JSONB NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workspace_id, revision)
);
