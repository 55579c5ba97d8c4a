//! The tables a copy holds, and their columns.

use super::values::Kind::{self, Bytes, Json, Moment, Number, Text};

/// Which part a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The whole workspace.
    Base,
    /// The prompt whose id is in this column.
    Prompt(usize),
    /// The prompt of the version whose id is in this column.
    Version(usize),
}

/// A table of the copy.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) owner: Owner,
    pub(super) kinds: &'static [Kind],
    /// The rows of a workspace, in one order.
    pub(super) select: &'static str,
    pub(super) insert: &'static str,
}

/// The place of `versions` among the tables, and those of its id, prompt and digest among its columns.
pub(super) const VERSIONS: (usize, usize, usize, usize) = (8, 0, 3, 6);

/// Every table, so that no row comes before one it refers to. A copy names them by their place: new ones come last. When
/// a key was used, and which release an alias stands on, is not in it.
pub(super) const TABLES: &[Table] = &[
    Table {
        owner: Owner::Base,
        kinds: &[Text, Text, Moment, Text],
        select: "SELECT id, name, created_at, folded_name
             FROM workspaces WHERE id = $1
             ORDER BY id",
        insert: "INSERT INTO workspaces (id, name, created_at, folded_name)
             VALUES ($1, $2, $3, $4)",
    },
    Table {
        owner: Owner::Base,
        kinds: &[Text, Number, Text],
        select: "SELECT workspace_id, revision, hash
             FROM audit_heads WHERE workspace_id = $1
             ORDER BY workspace_id",
        insert: "INSERT INTO audit_heads (workspace_id, revision, hash)
             VALUES ($1, $2, $3)",
    },
    Table {
        owner: Owner::Base,
        kinds: &[Text, Text, Text, Text, Text, Moment],
        select: "SELECT id, workspace_id, name, folded_name, description, created_at
             FROM projects WHERE workspace_id = $1
             ORDER BY id",
        insert: "INSERT INTO projects (id, workspace_id, name, folded_name, description, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
    },
    Table {
        owner: Owner::Base,
        kinds: &[Text, Text, Text, Text, Text, Json, Moment, Moment],
        select: "SELECT id, workspace_id, name, folded_name, description, permissions, created_at,
                updated_at
             FROM roles WHERE workspace_id = $1
             ORDER BY id",
        insert: "INSERT INTO roles (id, workspace_id, name, folded_name, description, permissions, created_at,
                 updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    },
    Table {
        owner: Owner::Base,
        kinds: &[Text, Text, Text, Text, Text, Text, Bytes, Text, Moment, Moment, Moment, Text, Text, Json, Moment, Moment, Bytes, Moment],
        select: "SELECT id, workspace_id, project_id, name, role, prefix, secret_hash, last4,
                created_at, expires_at, revoked_at, module, environment, created_by,
                not_before, rotated_at, previous_hash, previous_until
             FROM api_keys WHERE workspace_id = $1
             ORDER BY id",
        insert: "INSERT INTO api_keys (id, workspace_id, project_id, name, role, prefix, secret_hash, last4,
                 created_at, expires_at, revoked_at, module, environment, created_by,
                 not_before, rotated_at, previous_hash, previous_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                 $18)",
    },
    Table {
        owner: Owner::Base,
        kinds: &[Text, Number, Bytes, Bytes, Bytes, Moment, Bytes],
        select: "SELECT workspace_id, sequence, public_key, signature, proof, created_at,
                private_key_sealed
             FROM signing_keys WHERE workspace_id = $1
             ORDER BY sequence",
        insert: "INSERT INTO signing_keys (workspace_id, sequence, public_key, signature, proof, created_at,
                 private_key_sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
    },
    Table {
        owner: Owner::Base,
        kinds: &[Text, Text, Text, Text, Number, Json, Moment, Text],
        select: "SELECT id, project_id, name, folded_name, revision, moved_by, moved_at, reason
             FROM aliases WHERE project_id IN (SELECT id FROM projects WHERE workspace_id = $1)
             ORDER BY id",
        insert: "INSERT INTO aliases (id, project_id, name, folded_name, revision, moved_by, moved_at, reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    },
    Table {
        owner: Owner::Prompt(0),
        kinds: &[Text, Text, Text, Text, Text, Text, Text, Text, Json, Text, Text, Moment, Moment],
        select: "SELECT id, project_id, module, name, folded_name, owner, kind, description, tags,
                latest_version, lifecycle, created_at, updated_at
             FROM prompts WHERE project_id IN (SELECT id FROM projects WHERE workspace_id = $1)
             ORDER BY id",
        insert: "INSERT INTO prompts (id, project_id, module, name, folded_name, owner, kind, description, tags,
                 latest_version, lifecycle, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    },
    Table {
        owner: Owner::Prompt(3),
        kinds: &[Text, Text, Text, Text, Text, Bytes, Text, Text, Json, Json, Json, Text, Json, Text, Json, Moment, Bytes],
        select: "SELECT id, workspace_id, project_id, prompt_id, version, sort_key, digest, bump,
                reasons, interface, dependencies, changelog, author, git_commit, origin,
                created_at, sealed
             FROM versions WHERE workspace_id = $1
             ORDER BY id",
        insert: "INSERT INTO versions (id, workspace_id, project_id, prompt_id, version, sort_key, digest, bump,
                 reasons, interface, dependencies, changelog, author, git_commit, origin,
                 created_at, sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    },
    Table {
        owner: Owner::Version(0),
        kinds: &[Text, Moment],
        select: "SELECT version_id, archived_at
             FROM version_states WHERE version_id IN (SELECT id FROM versions WHERE workspace_id = $1)
             ORDER BY version_id",
        insert: "INSERT INTO version_states (version_id, archived_at)
             VALUES ($1, $2)",
    },
    Table {
        owner: Owner::Version(0),
        kinds: &[Text, Text, Text, Bytes, Text],
        select: "SELECT version_id, workspace_id, signing_key, signature, record
             FROM version_signatures WHERE workspace_id = $1
             ORDER BY version_id",
        insert: "INSERT INTO version_signatures (version_id, workspace_id, signing_key, signature, record)
             VALUES ($1, $2, $3, $4, $5)",
    },
    Table {
        owner: Owner::Version(0),
        kinds: &[Text, Text, Json, Moment, Text, Text, Bytes],
        select: "SELECT version_id, workspace_id, locked_by, locked_at, reason, signing_key, signature
             FROM version_locks WHERE workspace_id = $1
             ORDER BY version_id",
        insert: "INSERT INTO version_locks (version_id, workspace_id, locked_by, locked_at, reason, signing_key, signature)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
    },
    Table {
        owner: Owner::Prompt(1),
        kinds: &[Text, Text, Text],
        select: "SELECT alias_id, prompt_id, version_id
             FROM alias_entries WHERE prompt_id IN (SELECT prompts.id FROM prompts JOIN projects ON projects.id = prompts.project_id
             WHERE projects.workspace_id = $1)
             ORDER BY prompt_id, alias_id",
        insert: "INSERT INTO alias_entries (alias_id, prompt_id, version_id)
             VALUES ($1, $2, $3)",
    },
    Table {
        owner: Owner::Prompt(1),
        kinds: &[Text, Text, Json],
        select: "SELECT alias_id, prompt_id, split
             FROM alias_splits WHERE prompt_id IN (SELECT prompts.id FROM prompts JOIN projects ON projects.id = prompts.project_id
             WHERE projects.workspace_id = $1)
             ORDER BY prompt_id, alias_id",
        insert: "INSERT INTO alias_splits (alias_id, prompt_id, split)
             VALUES ($1, $2, $3)",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Db, conn::on, keyring::Keyring};

    /// Columns that reading does without.
    const LEFT_OUT: &[(&str, &[&str])] =
        &[("aliases", &["release_id", "release_split"]), ("api_keys", &["last_used_at"])];

    #[test]
    fn every_table_reads_and_writes_the_same_columns() {
        let columns = |text: &str, from: &str, to: &str| -> Vec<String> {
            let (_, rest) = text.split_once(from).expect("a list begins");
            let (list, _) = rest.split_once(to).expect("a list ends");
            list.split(',').map(|column| column.trim().to_owned()).collect()
        };
        for table in TABLES {
            let read = columns(table.select, "SELECT ", "FROM");
            let written = columns(table.insert, "(", ")");
            assert_eq!((read.len(), &read), (table.kinds.len(), &written), "{}", table.insert);
        }
        assert!(TABLES[VERSIONS.0].insert.starts_with("INSERT INTO versions "));
    }

    #[tokio::test]
    async fn every_column_is_in_the_copy_or_left_out_on_purpose() {
        let db = Db::in_memory(Keyring::new(Vec::new(), std::sync::Arc::new(|_| ()))).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        for table in TABLES {
            let insert = table.insert.strip_prefix("INSERT INTO ").unwrap();
            let (name, columns) = insert.split_once(" (").unwrap();
            let columns = columns.split_once(')').unwrap().0;
            let mut copied: Vec<&str> = columns.split(',').map(str::trim).collect();
            assert_eq!(copied.len(), table.kinds.len(), "{name}");
            let left_out =
                LEFT_OUT.iter().find(|(table, _)| *table == name).map_or(&[][..], |(_, columns)| columns);
            copied.extend(left_out);
            copied.sort_unstable();
            let there: Vec<String> = on!(tx, c => sqlx::query_scalar(
                "SELECT name FROM pragma_table_info($1) ORDER BY name",
            )
            .bind(name)
            .fetch_all(c)
            .await)
            .unwrap();
            assert_eq!(copied, there, "{name}");
        }
    }
}
