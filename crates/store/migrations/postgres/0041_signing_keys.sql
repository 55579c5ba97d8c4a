-- A signing key stays what it is; only its private half is sealed anew, and forgotten in the end.

CREATE TRIGGER signing_keys_refuse_update
    BEFORE UPDATE OF workspace_id, sequence, public_key, signature, proof, created_at ON signing_keys
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signing_keys_refuse_delete BEFORE DELETE ON signing_keys
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signing_keys_refuse_truncate BEFORE TRUNCATE ON signing_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
