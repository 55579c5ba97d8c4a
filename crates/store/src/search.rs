//! Finding prompts by words and tags: the one file whose SQL differs between the databases.
//!
//! Texts and questions are cut into words here, so that both databases index the same words and nothing a person
//! types can be an error of syntax. A question matches where every word begins a word of name, description, tags
//! or newest content. Content is sealed, so the index holds tokens of its words ([`crate::blind`]): a word of one or two
//! characters is found there only whole, and one of more than ten by its first ten.

use promptsync_core::{
    digest::Digest,
    ids::{ProjectId, PromptId, WorkspaceId},
    seal::SearchKey,
};
use sqlx::{PgConnection, QueryBuilder, SqliteConnection, types::Json};

use crate::{
    blind::{self, Blinder},
    conn::{Connection, ReadTx, Tx},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    prompts::{Prompt, PromptRow},
    rows::{CHUNK, lies},
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

/// Bytes of a content that are indexed.
const INDEXED_BYTES: usize = 128 << 10;

/// Words of a question that are looked at.
const QUESTION_WORDS: usize = 16;

/// Makes prompts of one workspace findable by their newest texts.
pub async fn index_all(tx: &mut Tx, workspace: &WorkspaceId, texts: &[SearchText<'_>]) -> Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    let mut blinder = Blinder::new(blind::make_search_key(tx, workspace).await?);
    for chunk in texts.chunks(CHUNK) {
        let rows: Vec<IndexRow<'_>> = chunk.iter().map(|text| IndexRow::of(text, &mut blinder)).collect();
        match &mut tx.connection {
            Connection::Sqlite(transaction) => index_sqlite(transaction.settle().await?, &rows).await?,
            Connection::Postgres(transaction) => index_postgres(&mut *transaction, &rows).await?,
        }
    }
    Ok(())
}

/// The project's prompts that a question matches, best first. Without words: all that have the tags, by name.
pub async fn find(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    project: &ProjectId,
    question: &Question,
    page: &PageRequest,
) -> Result<Page<Prompt>> {
    let asked: Vec<String> = words(&question.text).take(QUESTION_WORDS).collect();
    if asked.is_empty() && !question.text.trim().is_empty() {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let offset = page.after::<u32>()?.unwrap_or_default();
    let key = if asked.is_empty() { None } else { blind::search_key(tx, workspace).await? };
    let asked: Vec<Asked> = asked.into_iter().map(|word| Asked::new(word, key.as_ref())).collect();
    let wanted =
        Wanted { project, words: asked, tags: &question.tags, limit: page.rows(), offset: offset.into() };
    let rows = match &mut tx.connection {
        Connection::Sqlite(transaction) => find_sqlite(transaction.settle().await?, &wanted).await?,
        Connection::Postgres(transaction) => find_postgres(&mut *transaction, &wanted).await?,
    };
    let next = offset.checked_add(page.limit).ok_or(StoreError::BadCursor)?;
    page.page(rows, |_: &Prompt| next.to_string())
}

/// A prompt that is not indexed: it was just published, or before content was sealed.
#[derive(Clone, Debug)]
pub struct Unindexed {
    /// The prompt.
    pub prompt: Prompt,
    /// Its newest content.
    pub digest: Digest,
}

/// Prompts of a workspace that cannot be found yet, at most `limit`.
pub async fn unindexed(tx: &mut ReadTx, workspace: &WorkspaceId, limit: u32) -> Result<Vec<Unindexed>> {
    let rows: Vec<UnindexedRow> = match &mut tx.connection {
        Connection::Sqlite(transaction) => {
            sqlx::query_as(
                "SELECT prompts.*, versions.digest FROM prompts
             JOIN versions ON versions.prompt_id = prompts.id AND versions.version = prompts.latest_version
             WHERE versions.workspace_id = $1
               AND NOT EXISTS (SELECT 1 FROM search_rows WHERE search_rows.prompt_id = prompts.id)
             LIMIT $2",
            )
            .bind(workspace.as_str())
            .bind(i64::from(limit))
            .fetch_all(transaction.settle().await?)
            .await?
        }
        Connection::Postgres(transaction) => {
            sqlx::query_as(
                "SELECT prompts.*, versions.digest FROM prompts
             JOIN versions ON versions.prompt_id = prompts.id AND versions.version = prompts.latest_version
             WHERE versions.workspace_id = $1
               AND NOT EXISTS (SELECT 1 FROM search_index WHERE search_index.prompt_id = prompts.id)
             LIMIT $2",
            )
            .bind(workspace.as_str())
            .bind(i64::from(limit))
            .fetch_all(&mut **transaction)
            .await?
        }
    };
    rows.into_iter().map(Unindexed::try_from).collect()
}

impl TryFrom<UnindexedRow> for Unindexed {
    type Error = StoreError;

    fn try_from(row: UnindexedRow) -> Result<Self> {
        let digest = Digest::parse(&row.digest).map_err(lies("versions", "digest", &row.digest))?;
        Ok(Self { prompt: Prompt::try_from(row.prompt)?, digest })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct UnindexedRow {
    #[sqlx(flatten)]
    prompt: PromptRow,
    digest: String,
}

/// The words of each part of a prompt, separated by blanks; those of the content as tokens.
struct IndexRow<'a> {
    prompt: &'a str,
    name: String,
    description: String,
    tags: String,
    content: String,
}

/// A word that is looked for, and the token that it has in content.
struct Asked {
    word: String,
    token: Option<String>,
}

impl Asked {
    fn new(word: String, key: Option<&SearchKey>) -> Self {
        let token = key.map(|key| key.asked(&word));
        Self { word, token }
    }

    /// The question to SQLite's index.
    fn sqlite(&self) -> String {
        let clear = format!("{{name description tags}} : \"{}\"*", self.word);
        match &self.token {
            Some(token) => format!("(({clear}) OR (content : \"{token}\"))"),
            None => format!("({clear})"),
        }
    }

    /// The question to PostgreSQL's index.
    fn postgres(&self) -> String {
        let clear = format!("'{}':*ABC", self.word);
        match &self.token {
            Some(token) => format!("({clear} | '{token}':D)"),
            None => clear,
        }
    }
}

struct Wanted<'a> {
    project: &'a ProjectId,
    words: Vec<Asked>,
    tags: &'a [String],
    limit: i64,
    offset: i64,
}

impl<'a> IndexRow<'a> {
    fn of(text: &SearchText<'a>, blinder: &mut Blinder) -> Self {
        let content = &text.content[..text.content.floor_char_boundary(INDEXED_BYTES)];
        Self {
            prompt: text.prompt.as_str(),
            name: joined(text.name),
            description: joined(text.description),
            tags: joined(&text.tags.join(" ")),
            content: blinder.tokens(words(content)),
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
        let question: Vec<_> = wanted.words.iter().map(Asked::sqlite).collect();
        query
            .push(" AND search_index MATCH ")
            .push_bind(question.join(" AND "))
            .push(" ORDER BY bm25(search_index, 10.0, 4.0, 2.0, 0.000000001), prompts.folded_name");
    }
    query.push(" LIMIT ").push_bind(wanted.limit).push(" OFFSET ").push_bind(wanted.offset);
    Ok(query.build_query_as().fetch_all(connection).await?)
}

async fn find_postgres(connection: &mut PgConnection, wanted: &Wanted<'_>) -> Result<Vec<PromptRow>> {
    let question: Vec<_> = wanted.words.iter().map(Asked::postgres).collect();
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
