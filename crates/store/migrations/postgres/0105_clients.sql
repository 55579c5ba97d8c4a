-- In a new database the table was there before the walls were built, and has its own already.
DROP POLICY IF EXISTS workspace ON clients;
SELECT promptsync_wall('clients', 'workspace_id = (SELECT current_setting(''promptsync.workspace'', true))');
