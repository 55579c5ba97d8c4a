-- Access records and checkpoints never change, as the log they belong to.

CREATE TRIGGER access_records_refuse_update BEFORE UPDATE ON access_records
BEGIN SELECT RAISE(ABORT, 'access_records never changes'); END;

CREATE TRIGGER access_records_refuse_delete BEFORE DELETE ON access_records
BEGIN SELECT RAISE(ABORT, 'access_records never changes'); END;

CREATE TRIGGER audit_checkpoints_refuse_update BEFORE UPDATE ON audit_checkpoints
BEGIN SELECT RAISE(ABORT, 'audit_checkpoints never changes'); END;

CREATE TRIGGER audit_checkpoints_refuse_delete BEFORE DELETE ON audit_checkpoints
BEGIN SELECT RAISE(ABORT, 'audit_checkpoints never changes'); END;
