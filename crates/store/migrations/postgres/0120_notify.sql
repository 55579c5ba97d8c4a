-- Tells every server that listens how far a workspace is. It is sent when the transaction commits, and only then.
CREATE FUNCTION promptsync_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('promptsync', NEW.workspace_id || ' ' || NEW.revision);
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_heads_tell AFTER UPDATE OF hash ON audit_heads
FOR EACH ROW EXECUTE FUNCTION promptsync_tell();
