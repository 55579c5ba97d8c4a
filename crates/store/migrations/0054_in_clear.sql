-- Finds at once whether anything still stands in clear, without looking at what does not.
CREATE INDEX documents_in_clear ON documents (workspace_id) WHERE sealed IS NULL;
CREATE INDEX versions_in_clear ON versions (workspace_id) WHERE sealed IS NULL;
