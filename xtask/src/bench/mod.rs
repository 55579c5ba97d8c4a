//! What it costs, measured, beside the goals. Every figure in the documents comes from here.

mod commands;
mod examples;
mod http;
mod load;
mod server;
mod table;

use std::fs;

use self::table::Table;
use crate::{
    build,
    steps::{Result, root},
};

/// Measured at least this often; the table shows the median.
const RUNS: usize = 5;
const REPORT: &str = "docs/benchmarks.md";

/// Measures everything and prints the table; with `--write` the report is written too.
pub(crate) fn run(arguments: &[String]) -> Result {
    let write = match arguments {
        [] => false,
        [flag] if flag == "--write" => true,
        _ => return Err("expected nothing or --write".into()),
    };
    let binary = build::binary()?;
    let mut table = Table::default();
    commands::help(&binary, &mut table)?;
    load::empty_server(&binary, &mut table)?;
    load::full_server(&binary, &mut table)?;
    examples::store(&mut table)?;
    examples::jinja(&mut table)?;
    examples::admission(&mut table)?;
    print!("\n{table}");
    if write {
        fs::write(root().join(REPORT), table.report()?)?;
        println!("\nwrote {REPORT}");
    }
    table.verdict()
}

/// The value in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
