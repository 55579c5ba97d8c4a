SELECT promptsync_wall('clients', 'workspace_id = (SELECT current_setting(''promptsync.workspace'', true))');
