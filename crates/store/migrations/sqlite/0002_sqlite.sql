-- What only SQLite understands: refusing to change what must not change, and the full-text index.

CREATE TRIGGER versions_refuse_update BEFORE UPDATE ON versions
BEGIN SELECT RAISE(ABORT, 'versions never changes'); END;

CREATE TRIGGER versions_refuse_delete BEFORE DELETE ON versions
BEGIN SELECT RAISE(ABORT, 'versions never changes'); END;

CREATE TRIGGER documents_refuse_update BEFORE UPDATE ON documents
BEGIN SELECT RAISE(ABORT, 'documents never changes'); END;

CREATE TRIGGER documents_refuse_delete BEFORE DELETE ON documents
BEGIN SELECT RAISE(ABORT, 'documents never changes'); END;

CREATE TRIGGER releases_refuse_update BEFORE UPDATE ON releases
BEGIN SELECT RAISE(ABORT, 'releases never changes'); END;

CREATE TRIGGER releases_refuse_delete BEFORE DELETE ON releases
BEGIN SELECT RAISE(ABORT, 'releases never changes'); END;

CREATE TRIGGER release_entries_refuse_update BEFORE UPDATE ON release_entries
BEGIN SELECT RAISE(ABORT, 'release_entries never changes'); END;

CREATE TRIGGER release_entries_refuse_delete BEFORE DELETE ON release_entries
BEGIN SELECT RAISE(ABORT, 'release_entries never changes'); END;

CREATE TRIGGER alias_history_refuse_update BEFORE UPDATE ON alias_history
BEGIN SELECT RAISE(ABORT, 'alias_history never changes'); END;

CREATE TRIGGER alias_history_refuse_delete BEFORE DELETE ON alias_history
BEGIN SELECT RAISE(ABORT, 'alias_history never changes'); END;

CREATE TRIGGER audit_log_refuse_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log never changes'); END;

CREATE TRIGGER audit_log_refuse_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log never changes'); END;


-- The index keeps no text of its own. Its row numbers come from search_rows, because those of a table without an
-- integer key may change when the database is vacuumed.
CREATE TABLE search_rows (
    id INTEGER PRIMARY KEY,
    prompt_id TEXT NOT NULL UNIQUE REFERENCES prompts (id)
);
CREATE VIRTUAL TABLE search_index USING fts5(
    name, description, tags, content,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);
