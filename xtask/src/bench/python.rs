//! The Python package, beside what else fills prompts in a Python program.

use std::{path::Path, process::Command};

use self::Limit::{AtLeast, AtMost};
use super::{
    Bench, Pace,
    figures::Figure,
    table::{Row, Table},
};
use crate::{
    python::environment,
    steps::{Result, capture, root},
    wheel,
};

pub(super) const ABOUT: &str = "The release wheel, in one process with its peers. T1 is a text of 160 bytes with five \
     variables, T2 one of 1 KB with variables alone, T3 one of 1 KB with a condition and a loop over five items, T4 one of \
     50 KB like it; before they are measured all give the same text. `floor` is PyO3 and minijinja with nothing between \
     them: a lookup by name and alias, values taken from the dictionary, the render. `str.format` has its texts in a \
     dictionary, Jinja2 and Handlebars are compiled once, Langfuse has its prompt in its cache and knows no loops, \
     agentic-prompt-manager is awaited in a running loop. Times are thread processor time, without a share of other work. \
     Imports are the processor time of a fresh interpreter less that of an empty one. `create` reads a file of 1 KB for \
     each prompt in a fresh process, by the clock. Growth of memory is over 1,000,000 renders, after the first 10,000. \
     Threads are compared by the clock; Python's lock is given up for long texts alone, and hashing, which gives it up \
     too and shares nothing, shows what the machine has to give.";

const ENVIRONMENT: &str = "python-peers";
const SCRIPT: &str = "python/bench/run.py";
const FLOOR: &str = "python/bench/floor";
/// What it is compared with, and what the package itself needs.
const PACKAGES: [&str; 9] = [
    crate::python::JINJA2,
    "agentic-prompt-manager==0.1.0",
    "langchain-core==1.7.2",
    "langfuse==5.0.4",
    "minijinja==3.0.5",
    "pybars4==0.9.13",
    "pydantic==2.14.3",
    "pyyaml==6.0.3",
    "structlog==24.4.0",
];
const UNITS: [&str; 7] = ["ns", "µs", "ms", "s", "×", "MiB", "turns"];

/// A figure's limit, by its name. A figure without one is only told.
struct Goal {
    id: &'static str,
    what: &'static str,
    limit: Limit,
    stretch: Option<f64>,
}

#[derive(Clone, Copy)]
enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

const fn goal(id: &'static str, what: &'static str, limit: Limit, stretch: Option<f64>) -> Goal {
    Goal { id, what, limit, stretch }
}

const GOALS: [Goal; 25] = [
    goal("S1", "T1: promptsync / floor", AtMost(1.3), Some(1.1)),
    goal("S1", "T2: promptsync / floor", AtMost(1.3), Some(1.1)),
    goal("S1", "T3: promptsync / floor", AtMost(1.3), Some(1.1)),
    goal("S1", "T1: jinja2 / promptsync", AtLeast(2.8), Some(3.5)),
    goal("S1", "T2: jinja2 / promptsync", AtLeast(2.8), Some(3.5)),
    goal("S1", "T3: jinja2 / promptsync", AtLeast(2.8), None),
    goal("S1", "T1: langfuse / promptsync", AtLeast(3.0), None),
    goal("S1", "T2: langfuse / promptsync", AtLeast(3.0), None),
    goal("S1", "T1: agentic-prompt-manager / promptsync", AtLeast(1000.0), None),
    goal("S1", "T2: agentic-prompt-manager / promptsync", AtLeast(1000.0), None),
    goal("S1", "T3: agentic-prompt-manager / promptsync", AtLeast(1000.0), None),
    goal("S2", "T1: promptsync / str.format", AtMost(1.0), Some(0.7)),
    goal("S2", "T2: promptsync / str.format", AtMost(1.0), Some(0.7)),
    goal("S3", "get_prompt alone", AtMost(250.0), Some(150.0)),
    goal("S3", "await of get_prompt adds", AtMost(0.4), Some(0.2)),
    goal("S3", "await of format adds", AtMost(0.4), Some(0.2)),
    goal("S3", "turns of the loop in 1000 awaits", AtMost(0.0), None),
    goal("S4", "import: promptsync", AtMost(20.0), Some(5.0)),
    goal("S4", "import: promptsync.PromptManager", AtMost(20.0), Some(5.0)),
    goal("", "50 KB in five variables: jinja2 / promptsync", AtLeast(1.0), None),
    goal("", "50 KB in a list of fifty: jinja2 / promptsync", AtLeast(1.0), None),
    goal("", "chat to OpenAI: promptsync", AtMost(6.0), None),
    goal("", "library: list of 10000 prompts", AtMost(2.0), None),
    goal("", "library: create with 10000 prompts in YAML", AtMost(0.5), None),
    goal("", "memory: growth over the renders", AtMost(1.0), None),
];

/// Everything that `run.py` measures, with the wheel that people would install.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result {
    let profile = if bench.pace == Pace::Trial { "dev" } else { "release" };
    let venv = environment(ENVIRONMENT, &PACKAGES)?;
    for sources in ["python", FLOOR] {
        wheel::install(&root().join(sources), profile, &venv)?;
    }
    let output = capture(&mut script(&venv, bench.pace))?;
    let figures = output.lines().map(read).collect::<Result<Vec<_>>>()?;
    let missing = missing(&figures);
    for Measured { what, unit, figure } in figures {
        table.add(row(what, unit, figure));
    }
    if missing.is_empty() { Ok(()) } else { Err(format!("no figure for {}", missing.join(", ")).into()) }
}

fn script(venv: &Path, pace: Pace) -> Command {
    let mut command = Command::new(venv.join("bin/python"));
    // What is imported is what was installed.
    command.arg(root().join(SCRIPT)).env_remove("PYTHONPATH");
    match pace {
        Pace::Full => {}
        Pace::Quick => drop(command.arg("--quick")),
        Pace::Trial => drop(command.arg("--trial")),
    }
    command
}

/// A line of the script.
#[derive(Debug, PartialEq)]
struct Measured {
    /// The name, and to what it is a ratio.
    what: String,
    unit: &'static str,
    figure: Figure,
}

/// Reads a line: a flat object of JSON whose texts hold no quotes.
fn read(line: &str) -> Result<Measured> {
    let name = text(line, "name").ok_or_else(|| format!("no name in `{line}`"))?;
    let unit = text(line, "unit").ok_or_else(|| format!("no unit in `{line}`"))?;
    let unit = UNITS.into_iter().find(|known| *known == unit);
    let unit = unit.ok_or_else(|| format!("an unknown unit in `{line}`"))?;
    let median = number(line, "value").ok_or_else(|| format!("no value in `{line}`"))?;
    let quartiles = number(line, "low").zip(number(line, "high"));
    let what = text(line, "ratio_to").map_or_else(|| name.to_owned(), |other| format!("{name} / {other}"));
    Ok(Measured { what, unit, figure: Figure { median, quartiles } })
}

fn text<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    after(line, key)?.strip_prefix('"')?.split('"').next()
}

fn number(line: &str, key: &str) -> Option<f64> {
    after(line, key)?.split([',', '}']).next()?.parse().ok()
}

/// What follows a key.
fn after<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    Some(line.split_once(&format!("\"{key}\": "))?.1)
}

fn row(what: String, unit: &'static str, figure: Figure) -> Row {
    let Some(goal) = GOALS.iter().find(|goal| goal.what == what) else {
        return Row::new("", unit, what, figure);
    };
    let row = Row::new(goal.id, unit, what, figure);
    let row = match goal.limit {
        AtMost(value) => row.at_most(value),
        AtLeast(value) => row.at_least(value),
    };
    match goal.stretch {
        Some(stretch) => row.stretch(stretch),
        None => row,
    }
}

/// Goals for which there is nothing to hold against them.
fn missing(figures: &[Measured]) -> Vec<&'static str> {
    let missing = GOALS.iter().filter(|goal| !figures.iter().any(|one| one.what == goal.what));
    missing.map(|goal| goal.what).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATIO: &str = "{\"name\": \"T1: promptsync\", \"value\": 1.2, \"unit\": \"×\", \"ratio_to\": \"floor\", \
                         \"low\": 1.1, \"high\": 1.4}";

    #[test]
    fn a_ratio_is_read_with_its_quartiles_and_without() {
        let figure = Figure { median: 1.2, quartiles: Some((1.1, 1.4)) };
        assert_eq!(
            read(RATIO).unwrap(),
            Measured { what: "T1: promptsync / floor".to_owned(), unit: "×", figure }
        );
        let one = read("{\"name\": \"memory\", \"value\": 1e-05, \"unit\": \"MiB\"}").unwrap();
        assert_eq!((one.what.as_str(), one.figure), ("memory", Figure::from(1e-5)));
    }

    #[test]
    fn a_line_that_is_no_figure_is_refused() {
        for line in [
            "",
            "warning",
            "{\"name\": \"a\", \"unit\": \"ns\"}",
            "{\"name\": \"a\", \"value\": 1, \"unit\": \"ells\"}",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_figure_beyond_its_goal_is_missed_and_one_without_a_goal_is_told() {
        let rows = [
            ("T1: promptsync / floor", 1.31),
            ("T1: jinja2 / promptsync", 2.9),
            ("T4: promptsync / floor", 9.0),
        ];
        let mut table = Table::default();
        for (what, value) in rows {
            table.add(row(what.to_owned(), "×", value.into()));
        }
        assert_eq!(table.missed().collect::<Vec<_>>(), ["S1 T1: promptsync / floor"]);
    }

    #[test]
    fn a_goal_without_a_figure_is_noticed() {
        let missing = missing(&[read(RATIO).unwrap()]);
        assert_eq!(missing.len(), GOALS.len() - 1);
        assert!(!missing.contains(&"T1: promptsync / floor"));
    }
}
