-- A signature and a lock never change, and nothing that tells a locked version apart does.

CREATE TRIGGER version_signatures_refuse_update BEFORE UPDATE ON version_signatures
BEGIN SELECT RAISE(ABORT, 'version_signatures never changes'); END;

CREATE TRIGGER version_signatures_refuse_delete BEFORE DELETE ON version_signatures
BEGIN SELECT RAISE(ABORT, 'version_signatures never changes'); END;

CREATE TRIGGER version_locks_refuse_update BEFORE UPDATE ON version_locks
BEGIN SELECT RAISE(ABORT, 'version_locks never changes'); END;

CREATE TRIGGER version_locks_refuse_delete BEFORE DELETE ON version_locks
BEGIN SELECT RAISE(ABORT, 'version_locks never changes'); END;

CREATE TRIGGER version_locks_refuse_archived BEFORE INSERT ON version_locks
WHEN EXISTS (SELECT 1 FROM version_states WHERE version_states.version_id = NEW.version_id)
BEGIN SELECT RAISE(ABORT, 'an archived version is not locked'); END;

CREATE TRIGGER version_states_refuse_locked BEFORE INSERT ON version_states
WHEN EXISTS (SELECT 1 FROM version_locks WHERE version_locks.version_id = NEW.version_id)
BEGIN SELECT RAISE(ABORT, 'a locked version never changes'); END;

CREATE TRIGGER version_states_refuse_becoming_locked BEFORE UPDATE OF version_id ON version_states
WHEN EXISTS (SELECT 1 FROM version_locks WHERE version_locks.version_id = NEW.version_id)
BEGIN SELECT RAISE(ABORT, 'a locked version never changes'); END;

CREATE TRIGGER prompts_refuse_renaming_locked
BEFORE UPDATE OF id, project_id, name, folded_name ON prompts
WHEN (NEW.id <> OLD.id OR NEW.project_id <> OLD.project_id OR NEW.name <> OLD.name
        OR NEW.folded_name <> OLD.folded_name)
    AND EXISTS (SELECT 1 FROM version_locks
        JOIN versions ON versions.id = version_locks.version_id
        WHERE versions.prompt_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'the prompt of a locked version keeps its name'); END;

CREATE TRIGGER prompts_refuse_deleting_locked BEFORE DELETE ON prompts
WHEN EXISTS (SELECT 1 FROM version_locks
    JOIN versions ON versions.id = version_locks.version_id
    WHERE versions.prompt_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'the prompt of a locked version stays'); END;

CREATE TRIGGER projects_refuse_renaming_locked
BEFORE UPDATE OF id, workspace_id, name, folded_name ON projects
WHEN (NEW.id <> OLD.id OR NEW.workspace_id <> OLD.workspace_id OR NEW.name <> OLD.name
        OR NEW.folded_name <> OLD.folded_name)
    AND EXISTS (SELECT 1 FROM version_locks
        JOIN versions ON versions.id = version_locks.version_id
        WHERE versions.project_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'the project of a locked version keeps its name'); END;

CREATE TRIGGER projects_refuse_deleting_locked BEFORE DELETE ON projects
WHEN EXISTS (SELECT 1 FROM version_locks
    JOIN versions ON versions.id = version_locks.version_id
    WHERE versions.project_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'the project of a locked version stays'); END;
