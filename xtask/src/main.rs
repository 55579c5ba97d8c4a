//! The project's own commands. `cargo xtask` lists them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these commands talk to a person at a terminal"
)]

mod aws;
mod bench;
mod browser;
mod build;
mod children;
mod cluster;
mod generate;
mod node;
mod oidc_provider;
mod postgres;
mod python;
mod start;
mod steps;
mod test;
mod tidy;
mod torture;
mod wheel;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  start     build what is missing, serve with an embedded database and demo prompts
            [--listen ADDR] [--data-dir DIR]
  cluster   two servers on one PostgreSQL and one Redis, to be killed one after the other
  test      every test there is, on SQLite and PostgreSQL, and of the Python package;
            arguments go to `cargo test`
  python    the tests of the Python package alone
  build     target/release/promptsync, and target/venv with the Python package
  gen       write the generated files; --check only says whether they are up to date
  tidy      check what the compiler cannot: layers, SQL, sizes, links, names
  torture   the long form of tests in which things are killed and cut off; alone it lists them
  bench     measure, and compare with the goals; all families or those that are named
            [NAME…] [--quick | --trial | --write]; --write puts the figures into docs/benchmarks.md
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    let outcome = match command {
        "start" => start::run(rest),
        "cluster" => cluster::run(rest),
        "test" => test::run(rest),
        "python" => wheel::test().map(|said| println!("\n{}", said.join("\n"))),
        "build" => build::run(),
        "gen" => generate::run(rest),
        "tidy" => tidy::run(),
        "bench" => bench::run(rest),
        "torture" => torture::run(rest),
        "help" | "-h" | "--help" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("`{other}` is not a command\n\n{HELP}").into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask {command}: {failure}");
            ExitCode::FAILURE
        }
    }
}
