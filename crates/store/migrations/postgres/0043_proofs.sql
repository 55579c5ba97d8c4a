-- A signature and a lock never change, and nothing that tells a locked version apart does.

CREATE TRIGGER version_signatures_refuse_change BEFORE UPDATE OR DELETE ON version_signatures
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER version_signatures_refuse_truncate BEFORE TRUNCATE ON version_signatures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER version_locks_refuse_change BEFORE UPDATE OR DELETE ON version_locks
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER version_locks_refuse_truncate BEFORE TRUNCATE ON version_locks
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_archived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM version_states WHERE version_states.version_id = NEW.version_id) THEN
        RAISE EXCEPTION 'an archived version is not locked' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_locks_refuse_archived BEFORE INSERT ON version_locks
    FOR EACH ROW EXECUTE FUNCTION refuse_archived();

CREATE FUNCTION refuse_locked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM version_locks WHERE version_locks.version_id = NEW.version_id) THEN
        RAISE EXCEPTION 'a locked version never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_states_refuse_locked BEFORE INSERT OR UPDATE OF version_id ON version_states
    FOR EACH ROW EXECUTE FUNCTION refuse_locked();

CREATE FUNCTION refuse_renaming_locked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    locked BOOLEAN;
BEGIN
    IF TG_TABLE_NAME = 'prompts' THEN
        SELECT EXISTS (SELECT 1 FROM version_locks
            JOIN versions ON versions.id = version_locks.version_id
            WHERE versions.prompt_id = OLD.id) INTO locked;
    ELSE
        SELECT EXISTS (SELECT 1 FROM version_locks
            JOIN versions ON versions.id = version_locks.version_id
            WHERE versions.project_id = OLD.id) INTO locked;
    END IF;
    IF locked THEN
        RAISE EXCEPTION 'the % of a locked version keep their names', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER prompts_refuse_renaming_locked BEFORE UPDATE OF id, project_id, name, folded_name ON prompts
    FOR EACH ROW WHEN ((NEW.id, NEW.project_id, NEW.name, NEW.folded_name)
        IS DISTINCT FROM (OLD.id, OLD.project_id, OLD.name, OLD.folded_name))
    EXECUTE FUNCTION refuse_renaming_locked();
CREATE TRIGGER prompts_refuse_deleting_locked BEFORE DELETE ON prompts
    FOR EACH ROW EXECUTE FUNCTION refuse_renaming_locked();
CREATE TRIGGER projects_refuse_renaming_locked
    BEFORE UPDATE OF id, workspace_id, name, folded_name ON projects
    FOR EACH ROW WHEN ((NEW.id, NEW.workspace_id, NEW.name, NEW.folded_name)
        IS DISTINCT FROM (OLD.id, OLD.workspace_id, OLD.name, OLD.folded_name))
    EXECUTE FUNCTION refuse_renaming_locked();
CREATE TRIGGER projects_refuse_deleting_locked BEFORE DELETE ON projects
    FOR EACH ROW EXECUTE FUNCTION refuse_renaming_locked();

ALTER TABLE environments ALTER COLUMN folded_alias TYPE TEXT COLLATE "C";
