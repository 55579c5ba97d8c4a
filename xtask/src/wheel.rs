//! The Python package: built as people get it, installed into a clean environment, and tested there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    python::environment,
    steps::{Result, capture, cargo, root, run, target},
};

/// The tool that builds the package.
const MATURIN: &str = "maturin==1.16.0";
/// What builds the distribution that gives the package its other name.
const HATCH: &str = "hatchling==1.33.0";
/// The server that lies, which is written in Rust.
const LIAR: &str = "lying_server";
const REQUIREMENTS: &str = "python/tests/requirements.txt";

/// Builds the package in release form and installs it into `target/venv`.
pub(crate) fn install_release() -> Result<PathBuf> {
    let wheel = wheel(&root().join("python"), "release")?;
    let venv = environment("venv", &["pip"])?;
    pip(&venv, &["install", "--quiet", "--force-reinstall"], &[&wheel])?;
    Ok(venv)
}

/// Builds a package with maturin and installs it into an environment that has what it depends on.
pub(crate) fn install(sources: &Path, profile: &str, venv: &Path) -> Result {
    let wheel = wheel(sources, profile)?;
    pip(venv, &["install", "--quiet", "--force-reinstall", "--no-deps"], &[&wheel])
}

/// Builds the source distribution, from it a wheel, and tests what that wheel installs. Says what was tested.
pub(crate) fn test() -> Result<Vec<String>> {
    let requirements = fs::read_to_string(root().join(REQUIREMENTS))?;
    let requirements: Vec<&str> = requirements.lines().filter(|line| !line.is_empty()).collect();
    let venv = environment("python-venv", &requirements)?;
    let wheel = wheel(&unpacked_source()?, "dev")?;
    let compat = compat_wheel()?;
    pip(&venv, &["install", "--quiet", "--force-reinstall", "--no-deps"], &[&wheel, &compat])?;
    let python = venv.join("bin/python");
    run(&mut cargo(&["build", "--package", "promptsync-testing", "--example", LIAR]))?;
    let liar = target()?.join("debug/examples").join(LIAR);
    let folder = tests_apart()?;
    let tests = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.args(arguments).current_dir(&folder).env("PROMPTSYNC_TEST_ROOT", root());
        run(command.env("PROMPTSYNC_TEST_LYING_SERVER", &liar))
    };
    tests(&[
        "-m",
        "pytest",
        "--rootdir",
        ".",
        "-c",
        "pyproject.toml",
        "tests",
        "--pyargs",
        "--doctest-modules",
        "promptsync",
    ])?;
    let installed =
        capture(Command::new(&python).args(["-c", "import promptsync; print(promptsync.__path__[0])"]))?;
    let installed = Path::new(installed.trim());
    let configuration = root().join("python/pyproject.toml");
    tests(&[
        "-m",
        "mypy",
        "--strict",
        "--config-file",
        &configuration.to_string_lossy(),
        "-p",
        "promptsync",
        "-p",
        "prompt_manager",
    ])?;
    tests(&["-m", "pyright", "--pythonpath", &python.to_string_lossy(), &installed.to_string_lossy()])?;
    tests(&["-m", "mypy.stubtest", "promptsync._core"])?;
    Ok(vec![
        "the Python package passes pytest, mypy, pyright and stubtest, as a wheel of its source distribution"
            .to_owned(),
    ])
}

/// A copy of the tests away from the sources: what they import is what was installed.
fn tests_apart() -> Result<PathBuf> {
    let folder = target()?.join("python-tests");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let sources = root().join("python");
    run(Command::new("cp")
        .arg("-r")
        .arg(sources.join("tests"))
        .arg(sources.join("pyproject.toml"))
        .arg(&folder))?;
    Ok(folder)
}

/// The source distribution, unpacked where it stays from one run to the next, so that little is compiled anew.
fn unpacked_source() -> Result<PathBuf> {
    let folder = target()?.join("python-source");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    maturin(&root().join("python"), &["sdist", "--out", &folder.to_string_lossy()])?;
    let archive = only_file(&folder, "gz")?;
    run(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&folder))?;
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            return Ok(entry.path());
        }
    }
    Err("the source distribution is empty".into())
}

/// Builds a wheel from sources.
fn wheel(sources: &Path, profile: &str) -> Result<PathBuf> {
    let folder = target()?.join("wheels").join(profile);
    let _ = fs::remove_dir_all(&folder);
    maturin(sources, &["build", "--quiet", "--profile", profile, "--out", &folder.to_string_lossy()])?;
    only_file(&folder, "whl")
}

/// The thin distribution that gives the package its other name.
fn compat_wheel() -> Result<PathBuf> {
    let folder = target()?.join("wheels/compat");
    let _ = fs::remove_dir_all(&folder);
    let tools = tools()?;
    pip(
        &tools,
        &["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", &folder.to_string_lossy()],
        &[&root().join("python/compat")],
    )?;
    only_file(&folder, "whl")
}

/// What builds distributions, in an environment of its own.
fn tools() -> Result<PathBuf> {
    environment("maturin-venv", &[MATURIN, HATCH])
}

fn maturin(sources: &Path, arguments: &[&str]) -> Result {
    let tools = tools()?;
    let mut command = Command::new(tools.join("bin/maturin"));
    // What it says is shown when it fails.
    capture(command.args(arguments).current_dir(sources).env("CARGO_TARGET_DIR", target()?)).map(drop)
}

fn pip(venv: &Path, arguments: &[&str], packages: &[&Path]) -> Result {
    let mut command = Command::new(venv.join("bin/python"));
    run(command.args(["-m", "pip", "--disable-pip-version-check"]).args(arguments).args(packages))
}

/// The one file with this ending.
fn only_file(folder: &Path, ending: &str) -> Result<PathBuf> {
    let files = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let mut found =
        files.iter().map(fs::DirEntry::path).filter(|path| path.extension().is_some_and(|e| e == ending));
    let first = found.next().ok_or_else(|| format!("{} holds no file .{ending}", folder.display()))?;
    Ok(first)
}
