//! Compares a guarded render with bare minijinja, in alternating turns.
//!
//! `cargo run --release -p promptsync-core --example bench_jinja [arguments.json template.j2 …]`; without arguments
//! it makes templates of 1 KB and 50 KB.

#![expect(clippy::print_stdout, reason = "the result is printed")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use minijinja::{Environment, value::Serde};
use promptsync_core::{
    documents::Engine,
    limits::Limits,
    template::{Partials, Template},
};
use serde_json::{Map, Value, json};

const TURNS: usize = 301;
const TURN: Duration = Duration::from_millis(2);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let (values, templates) = match files.split_first() {
        Some((arguments, files)) => {
            let values = serde_json::from_str(&std::fs::read_to_string(arguments)?)?;
            let read = |file: &String| Ok((file.clone(), std::fs::read_to_string(file)?));
            (values, files.iter().map(read).collect::<std::io::Result<Vec<_>>>()?)
        }
        None => (arguments(), vec![("1 KB".to_owned(), made(1_000)), ("50 KB".to_owned(), made(50_000))]),
    };
    for (name, source) in templates {
        compare(&name, &source, &values)?;
    }
    Ok(())
}

fn compare(name: &str, source: &str, values: &Map<String, Value>) -> Result<(), Box<dyn std::error::Error>> {
    let limits = Limits::default();
    let ours = Template::compile(Engine::Jinja, source, &Partials::new(), &limits)?;
    let mut environment = Environment::new();
    environment.add_template("bare", source)?;
    let bare = environment.get_template("bare")?;
    let prepared = minijinja::Value::from(Serde(values));
    if ours.render(values, &limits)? != bare.render(&prepared)? {
        return Err(format!("{name}: the texts differ").into());
    }
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..TURNS {
        times[0].push(turn(|| drop(black_box(ours.render(values, &limits)))));
        times[1].push(turn(|| drop(black_box(bare.render(Serde(values))))));
        times[2].push(turn(|| drop(black_box(bare.render(&prepared)))));
    }
    // Turn by turn, so that other work on the machine weighs on both.
    let ratios = times[0].iter().zip(&times[1]).map(|(ours, bare)| ours / bare).collect();
    let ratio = median(ratios);
    let [ours, bare, prepared] = times.map(median);
    println!(
        "{name}: {} bytes, ours {ours:.2} us, minijinja {bare:.2} us (values ready {prepared:.2} us), ratio {ratio:.3}",
        source.len()
    );
    Ok(())
}

/// Microseconds per call.
fn turn(mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut calls = 0_u32;
    while start.elapsed() < TURN {
        (0..8).for_each(|_| run());
        calls += 8;
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn arguments() -> Map<String, Value> {
    let values = json!({
        "company": "Acme", "customer": "Ada", "tone": "kind", "issue": "password reset", "premium": true,
        "history": [
            {"who": "Ada", "text": "It does not work."}, {"who": "Bob", "text": "Which browser?"},
            {"who": "Ada", "text": "Any of them."}, {"who": "Bob", "text": "Let me look."},
            {"who": "Ada", "text": "Thank you."},
        ],
    });
    values.as_object().cloned().unwrap_or_default()
}

/// A template of about this many bytes: text, variables, a condition and a loop, over and over.
fn made(bytes: usize) -> String {
    let piece = "Follow the rules of {{ company }} and answer {{ customer }} in a {{ tone }} tone about {{ issue }}. \
        Keep to the facts that you were given, name the next step, and say when you do not know.\n\
        {% if premium %}Use the priority queue.{% else %}Use the normal queue.{% endif %}\n\
        {% for m in history %}- {{ m.who }}: {{ m.text }}\n{% endfor %}";
    let text = "Check the answer once more before you send it. ";
    let mut made = String::new();
    while made.len() + piece.len() < bytes {
        made.push_str(piece);
        while made.len() % 1_000 < 900 && made.len() + text.len() < bytes {
            made.push_str(text);
        }
    }
    made
}
