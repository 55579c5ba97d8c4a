-- The keys a workspace signs with, one after the other: signature is by the key before, proof by the key itself. The
-- private half is forgotten when the next key takes over.

CREATE TABLE signing_keys (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    sequence BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    proof BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    private_key_sealed BYTEA,
    PRIMARY KEY (workspace_id, sequence)
);
