//! Every test here runs on SQLite and on PostgreSQL.

mod aliases;
