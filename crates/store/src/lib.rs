//! All SQL of PromptSync: migrations and one file of functions per table family, for SQLite and PostgreSQL.
