//! Clients that publish, each when its last version was answered: new versions of 256 prompts, in turn.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use super::print_latencies;
use crate::{
    Outcome,
    answer::{Connection, request},
};

const PROMPTS: usize = 256;
const BYTES: usize = 2_048;

/// Who publishes, and for how long.
pub(crate) struct Wish<'a> {
    pub(crate) address: &'a str,
    pub(crate) key: &'a str,
    pub(crate) clients: usize,
    pub(crate) seconds: f64,
    /// The number of the first text: texts that were published before would make no version.
    pub(crate) first: usize,
    /// An alias that is moved with each.
    pub(crate) alias: Option<&'a str>,
}

/// Publishes, and prints how often and how fast.
pub(crate) fn run(wish: &Wish<'_>) -> Outcome {
    let begun = Instant::now();
    let until = begun + Duration::from_secs_f64(wish.seconds);
    let taken = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..wish.clients)
            .map(|number| scope.spawn(move || client(wish, number, until).map_err(|error| error.to_string())))
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().map_err(|_| "a client panicked".to_owned())?)
            .collect::<Result<Vec<_>, _>>()
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let latencies = taken.concat();
    let published = u32::try_from(latencies.len())?;
    println!("per_second {:.1}", f64::from(published) / seconds);
    print_latencies(latencies);
    Ok(())
}

/// One client. No two of them publish the same prompt.
fn client(wish: &Wish<'_>, number: usize, until: Instant) -> Outcome<Vec<f64>> {
    let mut connection = Connection::open(wish.address)?;
    let (mut taken, mut turn) = (Vec::new(), 0);
    while Instant::now() < until {
        let prompt = (number + turn * wish.clients) % PROMPTS;
        let body = body(prompt, wish.first + turn, wish.alias);
        let asked = Instant::now();
        connection.send(request("POST", "/api/prompts", wish.key, &body).as_bytes())?;
        connection.receive()?;
        taken.push(asked.elapsed().as_secs_f64() * 1e6);
        turn += 1;
    }
    Ok(taken)
}

fn body(prompt: usize, text: usize, alias: Option<&str>) -> String {
    let mut body = format!("{{\"name\":\"written_{prompt:03}\",\"content\":\"Text {text}. ");
    while body.len() < BYTES {
        let _ = write!(body, "Say what happens next, by when, and who does it: {}. ", body.len());
    }
    body.push('"');
    if let Some(alias) = alias {
        let _ = write!(body, ",\"alias\":\"{alias}\"");
    }
    body.push('}');
    body
}
