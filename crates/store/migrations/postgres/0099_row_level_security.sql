-- A wall between workspaces in the database itself: behind the server's own decisions, a statement that forgot its
-- workspace reads nothing and writes nothing. Each transaction of the server says in promptsync.workspace where it
-- works; '*' stands for all of them. Without the setting there are no rows.
--
-- The owner of the tables is held by it too (FORCE); a superuser is not, so the server connects as somebody else. A
-- later migration that touches rows says SELECT set_config('promptsync.workspace', '*', true) first, and one that adds
-- a table calls promptsync_wall for it; a test reads the catalogue and finds tables without.

-- The setting stands in a sub-query so that a statement evaluates it once and not for each row.
CREATE FUNCTION promptsync_wall(name TEXT, rule TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    rule := format('(SELECT current_setting(''promptsync.workspace'', true)) = ''*'' OR %s', rule);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY workspace ON %I USING (%s) WITH CHECK (%s)', name, rule, rule);
END
$$;

-- Tables that name their workspace.
DO $$
DECLARE
    name TEXT;
BEGIN
    FOR name IN
        SELECT columns.table_name FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND column_name = 'workspace_id'
    LOOP
        PERFORM promptsync_wall(name, 'workspace_id = (SELECT current_setting(''promptsync.workspace'', true))');
    END LOOP;
END
$$;
SELECT promptsync_wall('workspaces', 'id = (SELECT current_setting(''promptsync.workspace'', true))');

-- Tables that belong to a project: the projects one sees are few, and found once a statement.
SELECT promptsync_wall(name, 'project_id IN (SELECT projects.id FROM projects)')
FROM unnest(ARRAY['modules', 'prompts', 'releases', 'aliases', 'alias_history']) AS name;

-- Tables that belong to a row of another one, found by its key.
SELECT promptsync_wall('version_states',
    'EXISTS (SELECT 1 FROM versions WHERE versions.id = version_states.version_id)');
SELECT promptsync_wall('release_entries',
    'EXISTS (SELECT 1 FROM releases WHERE releases.id = release_entries.release_id)');
SELECT promptsync_wall('alias_entries',
    'EXISTS (SELECT 1 FROM aliases WHERE aliases.id = alias_entries.alias_id)');
SELECT promptsync_wall('search_index',
    'EXISTS (SELECT 1 FROM prompts WHERE prompts.id = search_index.prompt_id)');
