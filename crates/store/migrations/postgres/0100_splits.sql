SELECT promptsync_wall('alias_splits',
    'EXISTS (SELECT 1 FROM aliases WHERE aliases.id = alias_splits.alias_id)');
