-- What only PostgreSQL understands: refusing to change what must not change, the full-text index, and names
-- that sort by bytes whatever the database's locale, as they do in SQLite.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% never changes', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER versions_refuse_change BEFORE UPDATE OR DELETE ON versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER versions_refuse_truncate BEFORE TRUNCATE ON versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER documents_refuse_change BEFORE UPDATE OR DELETE ON documents
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER documents_refuse_truncate BEFORE TRUNCATE ON documents
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER releases_refuse_change BEFORE UPDATE OR DELETE ON releases
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER releases_refuse_truncate BEFORE TRUNCATE ON releases
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER release_entries_refuse_change BEFORE UPDATE OR DELETE ON release_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER release_entries_refuse_truncate BEFORE TRUNCATE ON release_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alias_history_refuse_change BEFORE UPDATE OR DELETE ON alias_history
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alias_history_refuse_truncate BEFORE TRUNCATE ON alias_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_refuse_change BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_refuse_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE projects ALTER COLUMN folded_name TYPE TEXT COLLATE "C";
ALTER TABLE modules ALTER COLUMN path TYPE TEXT COLLATE "C";
ALTER TABLE prompts ALTER COLUMN folded_name TYPE TEXT COLLATE "C";
ALTER TABLE aliases ALTER COLUMN folded_name TYPE TEXT COLLATE "C";

CREATE TABLE search_index (
    prompt_id TEXT PRIMARY KEY REFERENCES prompts (id),
    words TSVECTOR NOT NULL
);
CREATE INDEX search_index_by_words ON search_index USING GIN (words);
