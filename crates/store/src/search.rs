//! Finding prompts by words and tags: the one file whose SQL differs between the databases.
//!
//! Texts and questions are cut into words here, so that both databases index the same words and nothing a person
//! types can be an error of syntax. A question matches where every word begins a word of name, description, tags
//! or newest content.

use promptsync_core::ids::{ProjectId, PromptId};
use sqlx::{PgConnection, QueryBuilder, SqliteConnection, types::Json};

use crate::{
    conn::{Connection, ReadTx, Tx},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    prompts::{Prompt, PromptRow},
    rows::CHUNK,
};

/// What is found of a prompt.
#[derive(Clone, Copy, Debug)]
pub struct SearchText<'a> {
    /// The prompt.
    pub prompt: &'a PromptId,
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// Its tags.
    pub tags: &'a [String],
    /// Its newest content.
    pub content: &'a str,
}

/// What somebody looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Words, in any order.
    pub text: String,
    /// Tags, all of which the prompt has.
    pub tags: Vec<String>,
}

/// Bytes of a content that are indexed. PostgreSQL holds at most 1 MiB of words in a row.
const INDEXED_BYTES: usize = 128 << 10;

/// Words of a question that are looked at.
const QUESTION_WORDS: usize = 16;

/// Makes prompts findable by their newest texts.
pub async fn index_all(tx: &mut Tx, texts: &[SearchText<'_>]) -> Result<()> {
    for chunk in texts.chunks(CHUNK) {
        let rows: Vec<IndexRow<'_>> = chunk.iter().map(IndexRow::from).collect();
        match &mut tx.connection {
            Connection::Sqlite(transaction) => index_sqlite(&mut *transaction, &rows).await?,
            Connection::Postgres(transaction) => index_postgres(&mut *transaction, &rows).await?,
        }
    }
    Ok(())
}

/// The project's prompts that a question matches, best first. Without words: all that have the tags, by name.
pub async fn find(
    tx: &mut ReadTx,
    project: &ProjectId,
    question: &Question,
    page: &PageRequest,
) -> Result<Page<Prompt>> {
    let asked: Vec<String> = words(&question.text).take(QUESTION_WORDS).collect();
    if asked.is_empty() && !question.text.trim().is_empty() {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let offset = page.after::<u32>()?.unwrap_or_default();
    let wanted =
        Wanted { project, words: asked, tags: &question.tags, limit: page.rows(), offset: offset.into() };
    let rows = match &mut tx.connection {
        Connection::Sqlite(transaction) => find_sqlite(&mut *transaction, &wanted).await?,
        Connection::Postgres(transaction) => find_postgres(&mut *transaction, &wanted).await?,
    };
    let next = offset.checked_add(page.limit).ok_or(StoreError::BadCursor)?;
    page.page(rows, |_: &Prompt| next.to_string())
}

/// The words of each part of a prompt, separated by blanks.
struct IndexRow<'a> {
    prompt: &'a str,
    name: String,
    description: String,
    tags: String,
    content: String,
}

struct Wanted<'a> {
    project: &'a ProjectId,
    words: Vec<String>,
    tags: &'a [String],
    limit: i64,
    offset: i64,
}

impl<'a> From<&SearchText<'a>> for IndexRow<'a> {
    fn from(text: &SearchText<'a>) -> Self {
        let content = &text.content[..text.content.floor_char_boundary(INDEXED_BYTES)];
        Self {
            prompt: text.prompt.as_str(),
            name: joined(text.name),
            description: joined(text.description),
            tags: joined(&text.tags.join(" ")),
            content: joined(content),
        }
    }
}

fn joined(text: &str) -> String {
    words(text).collect::<Vec<_>>().join(" ")
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

async fn index_sqlite(connection: &mut SqliteConnection, rows: &[IndexRow<'_>]) -> Result<()> {
    QueryBuilder::new("INSERT INTO search_rows (prompt_id) ")
        .push_values(rows, |mut tuple, row| {
            tuple.push_bind(row.prompt);
        })
        .push(" ON CONFLICT (prompt_id) DO NOTHING")
        .build()
        .persistent(rows.len() == 1)
        .execute(&mut *connection)
        .await?;
    QueryBuilder::new("WITH texts (prompt_id, name, description, tags, content) AS (")
        .push_values(rows, |mut tuple, row| {
            tuple
                .push_bind(row.prompt)
                .push_bind(&row.name)
                .push_bind(&row.description)
                .push_bind(&row.tags)
                .push_bind(&row.content);
        })
        .push(
            ") INSERT OR REPLACE INTO search_index (rowid, name, description, tags, content)
             SELECT search_rows.id, texts.name, texts.description, texts.tags, texts.content
             FROM texts JOIN search_rows ON search_rows.prompt_id = texts.prompt_id",
        )
        .build()
        .persistent(rows.len() == 1)
        .execute(&mut *connection)
        .await?;
    Ok(())
}

async fn index_postgres(connection: &mut PgConnection, rows: &[IndexRow<'_>]) -> Result<()> {
    QueryBuilder::new("INSERT INTO search_index (prompt_id, words) ")
        .push_values(rows, |mut tuple, row| {
            tuple
                .push_bind(row.prompt)
                .push("setweight(to_tsvector('simple', ")
                .push_bind_unseparated(&row.name)
                .push_unseparated("), 'A') || setweight(to_tsvector('simple', ")
                .push_bind_unseparated(&row.description)
                .push_unseparated("), 'B') || setweight(to_tsvector('simple', ")
                .push_bind_unseparated(&row.tags)
                .push_unseparated("), 'C') || to_tsvector('simple', ")
                .push_bind_unseparated(&row.content)
                .push_unseparated(")");
        })
        .push(" ON CONFLICT (prompt_id) DO UPDATE SET words = excluded.words")
        .build()
        .persistent(rows.len() == 1)
        .execute(connection)
        .await?;
    Ok(())
}

async fn find_sqlite(connection: &mut SqliteConnection, wanted: &Wanted<'_>) -> Result<Vec<PromptRow>> {
    let mut query = QueryBuilder::new("SELECT prompts.* FROM prompts");
    if !wanted.words.is_empty() {
        query.push(
            " JOIN search_rows ON search_rows.prompt_id = prompts.id
              JOIN search_index ON search_index.rowid = search_rows.id",
        );
    }
    query.push(" WHERE prompts.project_id = ").push_bind(wanted.project.as_str());
    for tag in wanted.tags {
        query
            .push(" AND EXISTS (SELECT 1 FROM json_each(prompts.tags) AS tag WHERE tag.value = ")
            .push_bind(tag)
            .push(")");
    }
    if wanted.words.is_empty() {
        query.push(" ORDER BY prompts.folded_name");
    } else {
        let question: Vec<_> = wanted.words.iter().map(|word| format!("\"{word}\"*")).collect();
        query
            .push(" AND search_index MATCH ")
            .push_bind(question.join(" "))
            .push(" ORDER BY bm25(search_index, 10.0, 4.0, 2.0, 1.0), prompts.folded_name");
    }
    query.push(" LIMIT ").push_bind(wanted.limit).push(" OFFSET ").push_bind(wanted.offset);
    Ok(query.build_query_as().fetch_all(connection).await?)
}

async fn find_postgres(connection: &mut PgConnection, wanted: &Wanted<'_>) -> Result<Vec<PromptRow>> {
    let question: Vec<_> = wanted.words.iter().map(|word| format!("'{word}':*")).collect();
    let question = question.join(" & ");
    let mut query = QueryBuilder::new("SELECT prompts.* FROM prompts");
    if !wanted.words.is_empty() {
        query
            .push(" JOIN search_index ON search_index.prompt_id = prompts.id AND search_index.words @@ to_tsquery('simple', ")
            .push_bind(&question)
            .push(")");
    }
    query.push(" WHERE prompts.project_id = ").push_bind(wanted.project.as_str());
    if !wanted.tags.is_empty() {
        query.push(" AND prompts.tags @> ").push_bind(Json(wanted.tags));
    }
    if wanted.words.is_empty() {
        query.push(" ORDER BY prompts.folded_name");
    } else {
        query
            .push(" ORDER BY ts_rank(search_index.words, to_tsquery('simple', ")
            .push_bind(&question)
            .push(")) DESC, prompts.folded_name");
    }
    query.push(" LIMIT ").push_bind(wanted.limit).push(" OFFSET ").push_bind(wanted.offset);
    Ok(query.build_query_as().fetch_all(connection).await?)
}
