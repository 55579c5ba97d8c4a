//! What it costs, measured, beside the goals. Every figure in the documents comes from here.
//!
//! A family is what is measured together, in a file of its own. Servers run on one core and load on another; what is
//! compared runs in the same minutes, in turns.

mod commands;
mod delivery;
mod examples;
mod figures;
mod growth;
mod http;
mod load;
mod machine;
mod prompts;
mod push;
mod python;
mod report;
mod server;
mod services;
mod start;
mod table;
mod writes;

use std::path::PathBuf;

use self::table::Table;
use crate::steps::{Result, cargo, run as run_command, target};

/// What is measured together.
struct Family {
    name: &'static str,
    title: &'static str,
    /// Against what, and how: for the report.
    about: &'static str,
    measure: fn(&Bench, &mut Table) -> Result,
}

const FAMILIES: [Family; 11] = [
    Family { name: "command", title: "Command line", about: commands::ABOUT, measure: commands::help },
    Family { name: "start", title: "Start and memory", about: start::ABOUT, measure: start::measure },
    Family { name: "delivery", title: "Delivery", about: delivery::ABOUT, measure: delivery::measure },
    Family { name: "push", title: "Push to streams", about: push::ABOUT, measure: push::measure },
    Family { name: "writes", title: "Durable publishes", about: writes::ABOUT, measure: writes::measure },
    Family { name: "growth", title: "Growth", about: growth::ABOUT, measure: growth::measure },
    Family { name: "sdk", title: "Rust SDK", about: examples::SDK, measure: examples::sdk },
    Family {
        name: "admission",
        title: "Who calls",
        about: examples::ADMISSION,
        measure: examples::admission,
    },
    Family { name: "store", title: "Store", about: examples::STORE, measure: examples::store },
    Family { name: "render", title: "Rendering", about: examples::JINJA, measure: examples::jinja },
    Family { name: "python", title: "Python package", about: python::ABOUT, measure: python::measure },
];

/// What is measured with.
struct Bench {
    /// The program people run.
    binary: PathBuf,
    /// Controls and load generators.
    tools: PathBuf,
    pace: Pace,
}

/// How long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// As long as the report needs.
    Full,
    /// Fewer and shorter turns.
    Quick,
    /// Unoptimised programs, shortest turns: whether it runs, not how fast.
    Trial,
}

impl Pace {
    /// So many turns: all of them, fewer or two.
    fn turns(self, full: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Quick => full.div_ceil(3).max(3),
            Self::Trial => 2,
        }
    }

    /// How long the load of one turn lasts.
    fn seconds(self, full: u32) -> u32 {
        match self {
            Self::Full => full,
            Self::Quick | Self::Trial => 1,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Wish {
    families: Vec<String>,
    pace: Pace,
    write: bool,
}

/// Measures all families, or those that are named, and prints the tables.
pub(crate) fn run(arguments: &[String]) -> Result {
    let wish = Wish::read(arguments)?;
    machine::allow_many_files()?;
    let bench = Bench::build(wish.pace)?;
    let mut failures = Vec::new();
    for family in &FAMILIES {
        if !wish.families.is_empty() && !wish.families.iter().any(|name| name == family.name) {
            continue;
        }
        println!("\n{}", family.title);
        let mut table = Table::default();
        // What one family lacks does not keep the others from being measured.
        match (family.measure)(&bench, &mut table) {
            Ok(()) if wish.write => report::write(family, &table)?,
            Ok(()) => {}
            Err(failure) => failures.push(format!("{} was not measured: {failure}", family.name)),
        }
        failures.extend(table.missed().map(|what| format!("not met: {what}")));
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

impl Wish {
    fn read(arguments: &[String]) -> Result<Self> {
        let mut wish = Self { families: Vec::new(), pace: Pace::Full, write: false };
        for word in arguments {
            match word.as_str() {
                "--quick" => wish.pace = Pace::Quick,
                "--trial" => wish.pace = Pace::Trial,
                "--write" => wish.write = true,
                name if FAMILIES.iter().any(|family| family.name == name) => {
                    wish.families.push(name.to_owned());
                }
                other => {
                    let names = FAMILIES.map(|family| family.name).join(", ");
                    return Err(
                        format!("`{other}` is none of --quick, --trial, --write, and of {names}").into()
                    );
                }
            }
        }
        if wish.write && wish.pace != Pace::Full {
            return Err("only figures of full length are written".into());
        }
        Ok(wish)
    }
}

impl Bench {
    /// Builds the program, the controls and the load generators, in one go and with one profile.
    fn build(pace: Pace) -> Result<Self> {
        let profile = if pace == Pace::Trial { "dev" } else { "release" };
        run_command(&mut cargo(&[
            "build",
            "--profile",
            profile,
            "--package",
            "promptsync-cli",
            "--package",
            "promptsync-bench",
        ]))?;
        let folder = target()?.join(if pace == Pace::Trial { "debug" } else { "release" });
        Ok(Self { binary: folder.join("promptsync"), tools: folder.join("promptsync-bench"), pace })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Wish> {
        Wish::read(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn families_are_chosen_by_name_and_unknown_words_are_refused() {
        let wish = read(&["delivery", "--quick", "push"]).unwrap();
        let families = vec!["delivery".to_owned(), "push".to_owned()];
        assert_eq!(wish, Wish { families, pace: Pace::Quick, write: false });
        assert!(read(&["speed"]).unwrap_err().to_string().contains("delivery"));
    }

    #[test]
    fn short_runs_are_not_written() {
        assert!(read(&["--write"]).is_ok());
        assert!(read(&["--write", "--quick"]).is_err());
        assert!(read(&["--trial", "--write"]).is_err());
    }
}
