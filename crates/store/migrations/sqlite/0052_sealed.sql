-- Published rows may be sealed again under a newer key, and in no other way be changed.

DROP TRIGGER documents_refuse_update;
CREATE TRIGGER documents_refuse_update BEFORE UPDATE ON documents WHEN NOT COALESCE(
    NEW.workspace_id IS OLD.workspace_id AND NEW.digest IS OLD.digest
    AND NEW.bytes IS OLD.bytes AND NEW.created_at IS OLD.created_at
    AND NEW.sealed IS NOT NULL
    AND CASE WHEN OLD.sealed IS NULL THEN NEW.content IS ''
             ELSE NEW.content IS OLD.content AND substr(NEW.sealed, 2, 4) > substr(OLD.sealed, 2, 4) END, FALSE)
BEGIN SELECT RAISE(ABORT, 'documents never changes'); END;

DROP TRIGGER versions_refuse_update;
CREATE TRIGGER versions_refuse_update BEFORE UPDATE ON versions WHEN NOT COALESCE(
    NEW.id IS OLD.id AND NEW.workspace_id IS OLD.workspace_id AND NEW.project_id IS OLD.project_id
    AND NEW.prompt_id IS OLD.prompt_id AND NEW.version IS OLD.version AND NEW.sort_key IS OLD.sort_key
    AND NEW.digest IS OLD.digest AND NEW.bump IS OLD.bump AND NEW.dependencies IS OLD.dependencies
    AND NEW.changelog IS OLD.changelog AND NEW.author IS OLD.author AND NEW.git_commit IS OLD.git_commit
    AND NEW.origin IS OLD.origin AND NEW.created_at IS OLD.created_at
    AND NEW.sealed IS NOT NULL
    AND CASE WHEN OLD.sealed IS NULL THEN NEW.interface IS '{}' AND NEW.reasons IS '[]'
             ELSE NEW.interface IS OLD.interface AND NEW.reasons IS OLD.reasons
                  AND substr(NEW.sealed, 2, 4) > substr(OLD.sealed, 2, 4) END, FALSE)
BEGIN SELECT RAISE(ABORT, 'versions never changes'); END;

-- Content stands in the index as tokens. A prompt without a row is indexed when the server starts.
DROP TABLE search_index;
DELETE FROM search_rows;
CREATE VIRTUAL TABLE search_index USING fts5(
    name, description, tags, content,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);
