//! The table of results.

use std::{fmt, process::Command};

use crate::steps::{Result, capture};

/// Measured values, each with its goal.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    value: f64,
    unit: &'static str,
    goal: Option<f64>,
}

impl Table {
    /// Adds a value that should not be above `goal`, and shows it right away.
    pub(super) fn at_most(&mut self, goal: f64, unit: &'static str, what: impl Into<String>, value: f64) {
        self.add(Row { what: what.into(), value, unit, goal: Some(goal) });
    }

    /// Adds a value that is only told.
    pub(super) fn told(&mut self, unit: &'static str, what: impl Into<String>, value: f64) {
        self.add(Row { what: what.into(), value, unit, goal: None });
    }

    fn add(&mut self, row: Row) {
        println!("{}: {}", row.what, row.words());
        self.rows.push(row);
    }

    /// The page for the documents.
    pub(super) fn report(&self) -> Result<String> {
        let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor =
            processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
        let processor = processor.trim_start_matches([' ', '\t', ':']);
        let cores = std::thread::available_parallelism()?;
        let commit = capture(
            Command::new("git").args(["describe", "--always", "--dirty"]).current_dir(crate::steps::root()),
        )?;
        Ok(format!(
            "# Benchmarks\n\n\
             Measured by `cargo xtask bench --write`, at {}, on {processor} with {cores} cores. Medians of at least {} \
             runs. What is compared was measured in the same run.\n\n{self}",
            commit.trim(),
            super::RUNS,
        ))
    }

    /// An error that names the goals that were not met.
    pub(super) fn verdict(&self) -> Result {
        let missed: Vec<&str> =
            self.rows.iter().filter(|row| !row.is_met()).map(|row| row.what.as_str()).collect();
        if missed.is_empty() { Ok(()) } else { Err(format!("not met: {}", missed.join("; ")).into()) }
    }
}

impl Row {
    /// A value that could not be measured is not a number, and not met.
    fn is_met(&self) -> bool {
        self.goal.is_none_or(|goal| self.value <= goal)
    }

    fn words(&self) -> String {
        let Self { value, unit, .. } = self;
        let met = if self.is_met() { "met" } else { "NOT met" };
        self.goal.map_or_else(
            || format!("{value:.2} {unit}"),
            |goal| format!("{value:.2} {unit} · goal ≤ {goal} {unit} · {met}"),
        )
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | value | goal | |\n|---|---|---|---|")?;
        for row in &self.rows {
            let Row { what, value, unit, goal } = row;
            let met = if row.is_met() { "met" } else { "**not met**" };
            match goal {
                Some(goal) => writeln!(f, "| {what} | {value:.2} {unit} | ≤ {goal} {unit} | {met} |")?,
                None => writeln!(f, "| {what} | {value:.2} {unit} | | |")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_above_its_goal_or_not_measured_fails() {
        for (value, met) in [(1.0, true), (2.0, true), (2.1, false), (f64::NAN, false)] {
            let mut table = Table::default();
            table.at_most(2.0, "ms", "this", value);
            assert_eq!(table.verdict().is_ok(), met, "{value}");
            assert_eq!(table.to_string().contains("not met"), !met, "{value}");
        }
    }
}
