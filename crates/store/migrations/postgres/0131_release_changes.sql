-- Behind the wall, and never changed.

SELECT promptsync_wall('release_changes', 'project_id IN (SELECT projects.id FROM projects)');

CREATE TRIGGER release_changes_refuse_change BEFORE UPDATE OR DELETE ON release_changes
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER release_changes_refuse_truncate BEFORE TRUNCATE ON release_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
