CREATE TRIGGER release_changes_refuse_update BEFORE UPDATE ON release_changes
BEGIN SELECT RAISE(ABORT, 'release_changes never changes'); END;

CREATE TRIGGER release_changes_refuse_delete BEFORE DELETE ON release_changes
BEGIN SELECT RAISE(ABORT, 'release_changes never changes'); END;
