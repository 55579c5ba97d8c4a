-- Signing in at an identity provider.

-- Attempts that led to a session, by a hash of their seed: none of them leads to another. Older ones than an attempt can
-- live are removed when the next is used.
CREATE TABLE oidc_attempts (
    seed_hash BYTEA PRIMARY KEY,
    used_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX oidc_attempts_by_age ON oidc_attempts (used_at);

-- Who gave a role: a `member`, or the `provider` by somebody's groups. The provider's are set anew at each sign-in.
ALTER TABLE bindings ADD COLUMN given_by TEXT NOT NULL DEFAULT 'member';
