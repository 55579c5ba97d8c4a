//! The Python package, beside what else fills prompts in a Python program.

use std::{path::Path, process::Command};

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
     Threads are compared by the clock; Python's lock is given up for long texts alone.";

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

use Limit::{AtLeast, AtMost};

const fn goal(id: &'static str, what: &'static str, limit: Limit, stretch: Option<f64>) -> Goal {
    Goal { id, what, limit, stretch }
}

const GOALS: [Goal; 27] = [
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
    // Two cores would give 2 at best: these are only told when there are as many threads as work.
    goal("", "50 KB: 8 threads / one thread", AtLeast(1.0), None),
    goal("", "170 B: 8 threads / one thread", AtLeast(0.0), None),
];

/// Everything that `run.py` measures, with the wheel that people would install.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result {
    let profile = if bench.pace == Pace::Trial { "dev" } else { "release" };
    let venv = environment(ENVIRONMENT, &PACKAGES)?;
    for sources in ["python", FLOOR] {
        wheel::install(&root().join(sources), profile, &venv)?;
    }
    let output = capture(&mut script(&venv, bench.pace))?;
    for line in output.lines() {
        let (what, unit, figure) = read(line)?;
        table.add(row(what, unit, figure));
    }
    let missing = missing(&output);
    if missing.is_empty() { Ok(()) } else { Err(format!("no figure for {}", missing.join(", ")).into()) }
}

fn script(venv: &Path, pace: Pace) -> Command {
    let mut command = Command::new(venv.join("bin/python"));
    command.arg(root().join(SCRIPT)).env_remove("PYTHONPATH");
    match pace {
        Pace::Full => &mut command,
        Pace::Quick => command.arg("--quick"),
        Pace::Trial => command.arg("--trial"),
    };
    command
}
