-- Where a change came from and on whose behalf it was made. Entries without are older, or of the system itself.
ALTER TABLE audit_log ADD COLUMN address TEXT;
ALTER TABLE audit_log ADD COLUMN on_behalf_of JSONB;
