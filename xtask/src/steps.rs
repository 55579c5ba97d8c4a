//! Places in the repository, and running other programs.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What a command comes to: nothing, or a failure in words for a person.
pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The repository's root folder.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// The folder cargo builds into. This program was built there, so no setting has to be read.
pub(crate) fn target() -> Result<PathBuf> {
    let myself = std::env::current_exe()?;
    let folder = myself.ancestors().nth(2).ok_or("this program does not lie in a target folder")?;
    Ok(folder.to_owned())
}

/// A cargo command in the repository.
///
/// `cargo run` tells this program which package it is. Some build scripts watch those variables: passed on, they
/// would build their crates anew each time somebody changes between `cargo xtask` and `cargo`.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(root());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_about_this_package) {
            command.env_remove(name);
        }
    }
    command
}

fn is_about_this_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_")
        || matches!(
            variable,
            "CARGO_MANIFEST_DIR" | "CARGO_MANIFEST_PATH" | "CARGO_BIN_NAME" | "CARGO_CRATE_NAME"
        )
}

/// Runs a program that writes to the terminal itself.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", words(command)).into()) }
}

/// Runs a program and returns what it wrote to standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| cannot_start(command, &error))?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(format!("{} ended with {}\n{}", words(command), output.status, complaint.trim_end()).into())
    }
}

/// Whether a program can be started by its name.
pub(crate) fn exists(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Installs a Debian package, or names it when this user may not.
pub(crate) fn install(package: &str) -> Result {
    if !rustix::process::geteuid().is_root() || !exists("apt-get") {
        return Err(
            format!("the package `{package}` is missing; on Debian: sudo apt-get install {package}").into()
        );
    }
    println!("installing the Debian package {package}");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        run(&mut command)
    };
    apt(&["update", "-qq"])?;
    apt(&[
        "install",
        "-qq",
        "-y",
        "--no-install-recommends",
        "-o",
        "Dpkg::Options::=--force-confold",
        package,
    ])
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("cannot start {}: {error}", command.get_program().display())
}

fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_not_told_which_package_calls_it_but_keeps_its_settings() {
        // `cargo test` sets these as `cargo run` does.
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
        let command = cargo(&["--version"]);
        let removed: Vec<_> =
            command.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        assert!(removed.iter().any(|name| *name == "CARGO_PKG_NAME"), "{removed:?}");
        assert!(removed.iter().any(|name| *name == "CARGO_MANIFEST_DIR"), "{removed:?}");
        assert!(!is_about_this_package("CARGO_HOME") && !is_about_this_package("CARGO_TARGET_DIR"));
    }
}
