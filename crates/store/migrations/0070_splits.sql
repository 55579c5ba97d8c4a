-- How the entries of an alias divide their traffic. A prompt without a row goes to its entry's version alone.
CREATE TABLE alias_splits (
    alias_id TEXT NOT NULL REFERENCES aliases (id),
    prompt_id TEXT NOT NULL REFERENCES prompts (id),
    split JSONB NOT NULL,
    PRIMARY KEY (alias_id, prompt_id)
);
CREATE INDEX alias_splits_by_prompt ON alias_splits (prompt_id);

-- The splits after each move, prompt name to split; {} before there were any.
ALTER TABLE alias_history ADD COLUMN splits JSONB NOT NULL DEFAULT '{}';
