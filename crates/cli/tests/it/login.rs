//! People sign in from the command line.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    process::{Child, Output, Stdio},
};

use serde_json::{Value, json};

use crate::{Sandbox, sandbox::shown};

const PASSWORD: &str = "correct horse battery";

/// A running server without users, and a sandbox whose commands reach it.
pub(crate) struct Server {
    sandbox: Sandbox,
    pub(crate) url: String,
    /// The token in the set-up link.
    pub(crate) token: String,
    child: Child,
}

impl Server {
    pub(crate) fn start() -> Self {
        let sandbox = Sandbox::new();
        let mut child = sandbox
            .command(&["serve", "--data-dir", "data", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut line = || lines.next().expect("a line").expect("text");
        let url = line().strip_prefix("listening on ").expect("an address").to_owned();
        let set_up = line();
        let token = set_up.rsplit('#').next().expect("a token").to_owned();
        assert!(set_up.contains(&format!("{url}/setup#")), "{set_up}");
        let sandbox = sandbox.env("PROMPTSYNC_URL", &url);
        Self { sandbox, url, token, child }
    }

    /// Runs a command with something on its standard input, as the user with this home.
    fn run_as(&self, home: &str, args: &[&str], input: &str) -> Output {
        let mut command = self.sandbox.command(args);
        command.env("HOME", self.sandbox.path().join(home));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command runs");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
        child.wait_with_output().expect("it ends")
    }

    fn ok(&self, home: &str, args: &[&str], input: &str) -> String {
        let out = self.run_as(home, args, input);
        assert!(out.status.success(), "{args:?}: {}", shown(&out, self.sandbox.path()));
        String::from_utf8(out.stdout).expect("text")
    }

    fn refused(&self, home: &str, args: &[&str], input: &str) -> String {
        let out = self.run_as(home, args, input);
        assert!(!out.status.success(), "{args:?}");
        shown(&out, self.sandbox.path())
    }

    fn set_up(&self) {
        let args = [
            "login",
            "--set-up",
            &self.token,
            "--email",
            "olga@example.com",
            "--name",
            "Olga",
            "--password-stdin",
        ];
        assert!(self.ok("olga", &args, PASSWORD).starts_with("Olga is signed in to http://127.0.0.1:"));
    }

    /// What is kept for this server in somebody's home.
    fn kept(&self, home: &str) -> Value {
        let path = self.sandbox.path().join(home).join(".config/promptsync/sign-ins.json");
        let text = fs::read_to_string(path).expect("a file");
        serde_json::from_str::<Value>(&text).expect("JSON")[&self.url].clone()
    }

    fn post(&self, token: &str, path: &str, body: &Value) -> String {
        let address = self.url.strip_prefix("http://").expect("an address");
        let mut stream = TcpStream::connect(address).expect("a connection");
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_first_user_signs_in_works_and_signs_out() {
    let server = Server::start();
    server.set_up();
    let again = server.refused(
        "eve",
        &["login", "--set-up", &server.token, "--email", "eve@example.com", "--password-stdin"],
        PASSWORD,
    );
    assert!(again.contains("this server has been set up already"), "{again}");
    let me = server.ok("olga", &["whoami"], "");
    assert!(me.contains("name\tOlga\nemail\tolga@example.com\n") && me.contains("manage_members"), "{me}");
    let file = server.sandbox.path().join("olga/.config/promptsync/sign-ins.json");
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    let sessions = server.ok("olga", &["session", "list"], "");
    assert!(sessions.contains("promptsync "), "{sessions}");
    let refresh = server.kept("olga")["refresh_token"].as_str().expect("a token").to_owned();
    server.ok("olga", &["logout"], "");
    assert!(!fs::read_to_string(&file).expect("a file").contains("psr_"));
    assert!(server.refused("olga", &["whoami"], "").contains("exit: 4"));
    let renewed = server.post("x", "/api/auth/refresh", &json!({ "refresh_token": refresh }));
    assert!(renewed.contains("session_ended"), "{renewed}");
}

#[test]
fn a_wrong_password_keeps_nothing() {
    let server = Server::start();
    server.set_up();
    let wrong = server.refused("ann", &["login", "--email", "olga@example.com", "--password-stdin"], "wrong");
    assert!(
        wrong.contains("the email address or the password is wrong") && wrong.contains("exit: 4"),
        "{wrong}"
    );
    let nothing = server.refused("ann", &["login", "--email", "olga@example.com", "--password-stdin"], "");
    assert!(nothing.contains("standard input holds no password"), "{nothing}");
    assert!(!server.sandbox.path().join("ann/.config/promptsync/sign-ins.json").exists());
    let right = server.ok(
        "ann",
        &["login", "--email", "olga@example.com", "--password-stdin"],
        "correct horse battery\n",
    );
    assert!(right.contains("in the workspace default"), "{right}");
}

#[test]
fn an_invited_person_joins_from_the_command_line() {
    let server = Server::start();
    server.set_up();
    let link = server.ok("olga", &["invite", "ann@example.com", "--role", "viewer"], "");
    let token = link.trim().rsplit('#').next().expect("a token").to_owned();
    let args = ["login", "--invitation", &token, "--name", "Ann", "--password-stdin"];
    server.ok("ann", &args, "another horse battery");
    assert!(server.ok("ann", &["whoami"], "").contains("permissions\tread, render\n"));
    assert!(server.refused("bob", &args, "another horse battery").contains("this link is not valid"));
    let denied = server.refused("ann", &["invite", "bob@example.com", "--role", "viewer"], "");
    assert!(denied.contains("exit: 4") && denied.contains("manage_members"), "{denied}");
    let link = server.ok("olga", &["invite", "ann@example.com", "--new-password"], "");
    let token = link.trim().rsplit('#').next().expect("a token").to_owned();
    server.ok("ann", &["login", "--invitation", &token, "--password-stdin"], "a third horse battery");
    let offline = ["invite", "olga@example.com", "--new-password", "--data-dir", "data"];
    let link = server.ok("nobody", &offline, "");
    let token = link.trim().rsplit('#').next().expect("a token").to_owned();
    server.ok("olga", &["login", "--invitation", &token, "--password-stdin"], "a new horse battery");
    server.ok("ann2", &["login", "--email", "ann@example.com", "--password-stdin"], "a third horse battery");
}

#[test]
fn a_device_signs_in_when_somebody_enters_its_code() {
    let server = Server::start();
    server.set_up();
    let mut command = server.sandbox.command(&["login"]);
    command.env("HOME", server.sandbox.path().join("machine")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command runs");
    let mut notes = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    notes.read_line(&mut line).expect("a line");
    assert!(line.starts_with(&format!("Open {}/device in a browser", server.url)), "{line}");
    let code = line.trim().rsplit(' ').next().expect("a code");
    let olga = server.kept("olga")["access_token"].as_str().expect("a token").to_owned();
    let decision = json!({ "user_code": code, "decision": "approve" });
    assert!(server.post(&olga, "/api/auth/device/decision", &decision).starts_with("HTTP/1.1 204"));
    assert!(child.wait().expect("it ends").success());
    assert!(server.ok("machine", &["whoami"], "").contains("name\tOlga"));
}

#[test]
fn a_key_is_kept_when_the_server_knows_it_and_the_environment_wins() {
    let server = Server::start();
    server.set_up();
    let key = server.ok("olga", &["keys", "create", "--role", "viewer", "--name", "ci"], "");
    let wrong = server.refused("ci", &["login", "--with-token"], "ps_wrong");
    assert!(wrong.contains("exit: 4"), "{wrong}");
    assert!(server.refused("ci", &["whoami"], "").contains("exit: 4"));
    server.ok("ci", &["login", "--with-token"], &key);
    assert!(server.ok("ci", &["whoami"], "").contains("name\tci"));
    let mut command = server.sandbox.command(&["whoami"]);
    let out = command
        .env("HOME", server.sandbox.path().join("olga"))
        .env("PROMPTSYNC_API_KEY", key.trim())
        .output();
    assert!(String::from_utf8_lossy(&out.expect("it runs").stdout).contains("name\tci"));
}

#[test]
fn a_sign_in_is_renewed_by_itself_and_two_commands_at_once_do_not_end_it() {
    let server = Server::start();
    server.set_up();
    let path = server.sandbox.path().join("olga/.config/promptsync/sign-ins.json");
    let before = server.kept("olga");
    let mut old = before.clone();
    old["good_until"] = json!(0);
    fs::write(&path, json!({ server.url.as_str(): old }).to_string()).expect("a file");
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| server.ok("olga", &["whoami"], ""))).collect();
        for run in runs {
            assert!(run.join().expect("no panic").contains("name\tOlga"));
        }
    });
    let after = server.kept("olga");
    assert_ne!(before["refresh_token"], after["refresh_token"]);
    assert!(server.ok("olga", &["whoami"], "").contains("name\tOlga"));
}

#[test]
fn a_sign_in_is_not_sent_to_another_server() {
    let server = Server::start();
    server.set_up();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let other = format!("http://{}", listener.local_addr().expect("an address"));
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).expect("a request");
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        String::from_utf8_lossy(&buffer[..count]).to_lowercase()
    });
    server.refused("olga", &["whoami", "--url", &other], "");
    let request = heard.join().expect("no panic");
    assert!(request.starts_with("get /api/whoami") && !request.contains("authorization"), "{request}");
}

#[test]
fn a_token_that_begins_with_a_hyphen_is_read_as_a_token() {
    let server = Server::start();
    for link in ["--set-up", "--invitation"] {
        let mut args = vec!["login", link, "-jGvQrAsr67aNosJAMVZx5W9JTBTTQf-KIh3VFmsrrw", "--password-stdin"];
        if link == "--set-up" {
            args.extend(["--email", "olga@example.com"]);
        }
        let told = server.refused("olga", &args, PASSWORD);
        assert!(told.contains("link"), "{told}");
        assert!(!told.contains("unexpected argument"), "{told}");
    }
}
