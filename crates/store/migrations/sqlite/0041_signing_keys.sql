-- A signing key stays what it is; only its private half is sealed anew, and forgotten in the end.

CREATE TRIGGER signing_keys_refuse_update
BEFORE UPDATE OF workspace_id, sequence, public_key, signature, proof, created_at ON signing_keys
BEGIN SELECT RAISE(ABORT, 'signing_keys never changes'); END;

CREATE TRIGGER signing_keys_refuse_delete BEFORE DELETE ON signing_keys
BEGIN SELECT RAISE(ABORT, 'signing_keys never changes'); END;
