-- Names of teams and roles sort by bytes, as they do in SQLite.

ALTER TABLE teams ALTER COLUMN folded_name TYPE TEXT COLLATE "C";
ALTER TABLE roles ALTER COLUMN folded_name TYPE TEXT COLLATE "C";
