-- Who read or was refused what: counted in memory, written in batches. A batch belongs to the entry of the audit log
-- with the same revision, which carries its Merkle root; place is the leaf's number in that tree.

CREATE TABLE access_records (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    revision BIGINT NOT NULL,
    place BIGINT NOT NULL,
    action TEXT NOT NULL,
    actor JSONB,
    address TEXT,
    count BIGINT NOT NULL,
    first_at TIMESTAMPTZ NOT NULL,
    last_at TIMESTAMPTZ NOT NULL,
    outcome TEXT NOT NULL,
    project TEXT,
    request_id TEXT,
    target TEXT NOT NULL,
    PRIMARY KEY (workspace_id, revision, place)
);

-- The end of the chain, signed from time to time: what came before cannot be rewritten without the key.
CREATE TABLE audit_checkpoints (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    revision BIGINT NOT NULL,
    hash TEXT NOT NULL,
    previous TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    key_id TEXT NOT NULL,
    signature BYTEA NOT NULL,
    PRIMARY KEY (workspace_id, revision)
);
