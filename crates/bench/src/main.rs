//! Controls and load generators for `cargo xtask bench`, one program with a word for each.
//!
//! A control does one thing that the server does, and nothing else: whatever the server adds to it is what the server
//! costs. Results go to standard output, one `name value` a line.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "results are printed")]

mod answer;
mod control;
mod load;

use std::{error::Error, process::ExitCode, str::FromStr};

/// What a word comes to.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const HELP: &str = "\
controls    axum FILE | axum-redis REDIS_ADDRESS | streams EVENT_BYTES | commits FOLDER SECONDS
load        rate ADDRESS PATH KEY PER_SECOND SECONDS | touch ADDRESS KEY COUNT
            publish ADDRESS KEY CLIENTS SECONDS FIRST ALIAS
            fanout http ADDRESS STREAMS ROUNDS PID KEY | fanout redis ADDRESS STREAMS ROUNDS PID BYTES";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match words.split_first() {
        Some((word, rest)) => run(word, &Arguments(rest)),
        None => Err(HELP.into()),
    };
    if let Err(failure) = outcome {
        eprintln!("{failure}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run(word: &str, arguments: &Arguments<'_>) -> Outcome {
    match word {
        "axum" => control::axum::bytes(arguments.text(0)?),
        "axum-redis" => control::axum::redis(arguments.text(0)?),
        "streams" => control::streams::serve(arguments.number(0)?),
        "commits" => control::commits::measure(arguments.text(0)?, arguments.number(1)?),
        "rate" => load::rate::run(&load::rate::Wish {
            address: arguments.text(0)?,
            path: arguments.text(1)?,
            key: arguments.text(2)?,
            per_second: arguments.number(3)?,
            seconds: arguments.number(4)?,
        }),
        "touch" => load::touch::run(arguments.text(0)?, arguments.text(1)?, arguments.number(2)?),
        "publish" => load::publish::run(&load::publish::Wish {
            address: arguments.text(0)?,
            key: arguments.text(1)?,
            clients: arguments.number(2)?,
            seconds: arguments.number(3)?,
            first: arguments.number(4)?,
            alias: arguments.text(5).ok(),
        }),
        "fanout" => load::fanout::run(&load::fanout::Wish {
            protocol: load::fanout::Protocol::read(arguments.text(0)?, arguments.text(5)?)?,
            address: arguments.text(1)?,
            streams: arguments.number(2)?,
            rounds: arguments.number(3)?,
            pid: arguments.text(4)?,
        }),
        _ => Err(HELP.into()),
    }
}

/// What follows the word.
struct Arguments<'a>(&'a [String]);

impl<'a> Arguments<'a> {
    fn text(&self, place: usize) -> Outcome<&'a str> {
        self.0.get(place).map(String::as_str).ok_or_else(|| HELP.into())
    }

    fn number<T: FromStr<Err: Error + 'static>>(&self, place: usize) -> Outcome<T> {
        Ok(self.text(place)?.parse()?)
    }
}
