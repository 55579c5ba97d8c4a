-- Access records and checkpoints never change, as the log they belong to.

CREATE TRIGGER access_records_refuse_change BEFORE UPDATE OR DELETE ON access_records
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER access_records_refuse_truncate BEFORE TRUNCATE ON access_records
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoints_refuse_change BEFORE UPDATE OR DELETE ON audit_checkpoints
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoints_refuse_truncate BEFORE TRUNCATE ON audit_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
