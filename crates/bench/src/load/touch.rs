//! Reads every prompt once, so that the server holds what it can hold.

use crate::{
    Outcome,
    answer::{Connection, request},
};

/// Reads `prompt_0000000` to the last by its alias.
pub(crate) fn run(address: &str, key: &str, count: usize) -> Outcome {
    let mut connection = Connection::open(address)?;
    for number in 0..count {
        let path = format!("/api/prompts/prompt_{number:07}/production");
        connection.send(request("GET", &path, key, "").as_bytes())?;
        connection.receive()?;
    }
    println!("read {count}");
    Ok(())
}
