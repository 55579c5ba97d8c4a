//! A running server with the demo project in it, for somebody who just cloned the repository.

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Write},
    net::TcpListener,
    os::unix::{fs::OpenOptionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{ChildStdout, Command, Stdio},
    time::Duration,
};

use rustix::process::Signal;

use crate::{
    build,
    children::{Guarded, Interrupt},
    steps::{Result, capture, root},
};

const LISTEN: &str = "127.0.0.1:7979";
/// The demo project.
pub(crate) const PROJECT: &str = "demo";
const PROMPTS: &str = "examples/prompts";
/// More than the server gives the requests that are under way.
const GRACE: Duration = Duration::from_secs(30);

/// Builds, serves, loads the demo project, and stays until Ctrl-C.
pub(crate) fn run(arguments: &[String]) -> Result {
    let Settings { listen, data } = Settings::read(arguments)?;
    refuse_a_taken_address(&listen)?;
    let binary = build::binary()?;
    let interrupt = Interrupt::listen()?;
    let key = admin_key(&binary, &data)?;
    let (mut server, url) = serve(&binary, &data, &listen)?;
    let client = Client { binary: &binary, url: &url, key: &key };
    client.load_demo()?;
    client.welcome(&data);
    if let Some(status) = server.wait(&interrupt)? {
        return Err(format!("the server ended with {status}").into());
    }
    println!("\nstopping");
    Ok(())
}

#[derive(Debug, PartialEq)]
struct Settings {
    listen: String,
    data: PathBuf,
}

impl Settings {
    fn read(arguments: &[String]) -> Result<Self> {
        let mut settings = Self { listen: LISTEN.to_owned(), data: root().join("data") };
        let mut words = arguments.iter();
        while let Some(flag) = words.next() {
            let value = words.next().ok_or_else(|| format!("{flag} needs a value"));
            match flag.as_str() {
                "--listen" => value?.clone_into(&mut settings.listen),
                "--data-dir" => settings.data = std::path::absolute(value?)?,
                _ => return Err(format!("`{flag}` is not a flag; there are --listen and --data-dir").into()),
            }
        }
        Ok(settings)
    }
}

/// Found before anything is built: a newcomer should not wait for a compiler to learn this.
fn refuse_a_taken_address(listen: &str) -> Result {
    match TcpListener::bind(listen) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            Err(format!("{listen} is taken. Stop what listens there, or pass --listen 127.0.0.1:PORT").into())
        }
        Err(error) => Err(format!("cannot listen on {listen}: {error}").into()),
    }
}

/// The key of the demo project, made on the first start and kept beside the data, readable by its owner alone.
fn admin_key(binary: &Path, data: &Path) -> Result<String> {
    let file = data.join("demo.key");
    if let Ok(key) = fs::read_to_string(&file) {
        return Ok(key.trim().to_owned());
    }
    fs::create_dir_all(data)?;
    let mut create = Command::new(binary);
    create.args(["keys", "create", "--project", PROJECT, "--role", "admin", "--data-dir"]).arg(data);
    let key = capture(&mut create)?.trim().to_owned();
    let mut place = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    writeln!(place, "{key}")?;
    Ok(key)
}

fn serve(binary: &Path, data: &Path, listen: &str) -> Result<(Guarded, String)> {
    let mut command = Command::new(binary);
    command.args(["serve", "--listen", listen, "--data-dir"]).arg(data);
    // A group of its own: Ctrl-C comes to this program, which then asks the server to finish.
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut server = Guarded::spawn(&mut command, Signal::TERM, GRACE)?;
    let output = server.process().stdout.take().ok_or("the server has no output")?;
    let url = ready(output)?;
    Ok((server, url))
}

/// Waits for the line that names the address; what comes later goes to the terminal.
pub(crate) fn ready(output: ChildStdout) -> Result<String> {
    let mut lines = BufReader::new(output).lines();
    for line in lines.by_ref() {
        let line = line?;
        if let Some((_, url)) = line.split_once("listening on ") {
            let url = url.trim().to_owned();
            std::thread::spawn(move || {
                for line in lines.map_while(std::result::Result::ok) {
                    println!("{line}");
                }
            });
            return Ok(url);
        }
        println!("{line}");
    }
    Err("the server ended before it was ready; its reason stands above".into())
}

/// The command line, signed in to the server.
pub(crate) struct Client<'a> {
    pub(crate) binary: &'a Path,
    pub(crate) url: &'a str,
    pub(crate) key: &'a str,
}

impl Client<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.binary);
        command
            .args(arguments)
            .current_dir(root())
            .env("PROMPTSYNC_URL", self.url)
            .env("PROMPTSYNC_API_KEY", self.key)
            .env("PROMPTSYNC_PROJECT", PROJECT);
        command
    }

    /// Pushes the demo prompts and points `production` at them, unless that was done before.
    pub(crate) fn load_demo(&self) -> Result {
        if capture(&mut self.command(&["version", "get", "production"])).is_ok() {
            return Ok(());
        }
        capture(&mut self.command(&["push", "--path", PROMPTS, "--alias", "dev"]))?;
        let release = capture(&mut self.command(&["version", "get", "dev"]))?;
        capture(&mut self.command(&["alias", "set", "production", "--version", release.trim()]))?;
        Ok(())
    }

    fn welcome(&self, data: &Path) {
        let Self { binary, url, .. } = self;
        let (binary, key) = (binary.display(), data.join("demo.key"));
        println!(
            "PromptSync is running at {url}, with the project `{PROJECT}` from {PROMPTS}.

Sign in at {url}; the first user is made with the set-up link that the server prints. A terminal can use the key in
{key}:

  export PROMPTSYNC_URL={url}
  export PROMPTSYNC_API_KEY=$(cat {key})
  export PROMPTSYNC_PROJECT={PROJECT}

Try:

  {binary} list
  {binary} get customer_support@production --tag locale=en --tag tone=formal
  {binary} render customer_support@production --var customer_name=John --var issue=\"password reset\" --var company_name=Acme

Ctrl-C stops the server; the data stays in {data}.",
            key = key.display(),
            data = data.display(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn flags_replace_the_defaults() {
        let settings = Settings::read(&words("--listen 127.0.0.1:1 --data-dir /nowhere")).unwrap();
        assert_eq!(settings, Settings { listen: "127.0.0.1:1".into(), data: "/nowhere".into() });
        assert_eq!(Settings::read(&[]).unwrap().listen, LISTEN);
    }

    #[test]
    fn an_unknown_flag_and_a_missing_value_are_refused() {
        for bad in ["--port 1", "--listen"] {
            assert!(Settings::read(&words(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_taken_address_is_named() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let message = refuse_a_taken_address(&address).unwrap_err().to_string();
        assert!(message.contains(&address) && message.contains("--listen"), "{message}");
        drop(taken);
        assert!(refuse_a_taken_address(&address).is_ok());
    }
}
