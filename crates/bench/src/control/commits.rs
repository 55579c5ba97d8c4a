//! How often SQLite commits one row, when nothing is between the loop and the library.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::Connection;

use crate::Outcome;

/// Commits row after row for so many seconds, with the durability that the server has.
pub(crate) fn measure(folder: &str, seconds: f64) -> Outcome {
    let connection = Connection::open(Path::new(folder).join("commits.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let level: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    if level != 2 {
        return Err(format!("SQLite keeps synchronous={level}").into());
    }
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS facts (number INTEGER PRIMARY KEY, prompt TEXT, version TEXT, at INTEGER)",
    )?;
    let mut insert =
        connection.prepare("INSERT INTO facts (prompt, version, at) VALUES ('greeting', '1.4.2', ?)")?;
    let (begun, mut rows) = (Instant::now(), 0_u32);
    while begun.elapsed() < Duration::from_secs_f64(seconds) {
        insert.execute([rows])?;
        rows += 1;
    }
    println!("per_second {:.1}", f64::from(rows) / begun.elapsed().as_secs_f64());
    Ok(())
}
