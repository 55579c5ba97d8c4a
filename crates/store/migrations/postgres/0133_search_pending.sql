SELECT promptsync_wall('search_pending', 'workspace_id = (SELECT current_setting(''promptsync.workspace'', true))');
