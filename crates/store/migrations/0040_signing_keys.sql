-- The keys a workspace signs with, one after the other. private_key is sealed, and emptied when the next key takes
-- over: signature is by the key before, proof by the key itself.

CREATE TABLE signing_keys (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    sequence BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    private_key BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    proof BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workspace_id, sequence)
);
