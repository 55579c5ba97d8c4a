use std::process::Stdio;

use insta::assert_snapshot;

use crate::Sandbox;

#[test]
fn a_command_line_that_makes_no_sense_is_2() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run(&["pusj"]), @r##"
    exit: 2
    --- stderr
    error: unrecognized subcommand 'pusj'

      tip: a similar subcommand exists: 'push'

    Usage: promptsync [OPTIONS] <COMMAND>

    For more information, try '--help'.
    "##);
    assert_snapshot!(sandbox.run(&["alias", "set", "stable", "--json"]), @r##"
    exit: 2
    --- stderr
    {
      "error": {
        "kind": "usage",
        "code": "usage",
        "message": "the following required arguments were not provided:\n  <VERSION>\n\nUsage: promptsync alias set --json <ALIAS> <VERSION>\n\nFor more information, try '--help'.",
        "hints": [],
        "problems": []
      }
    }
    "##);
    assert_snapshot!(sandbox.run(&["diff"]), @r##"
    exit: 2
    --- stderr
    error: nothing to compare with
      hint: pass --alias, --version or --git-commit; or two files; or a prompt and its versions
    "##);
    assert_snapshot!(sandbox.run(&["list"]), @r##"
    exit: 2
    --- stderr
    error: no project is named
      hint: run `promptsync init`, or pass --project NAME or set PROMPTSYNC_PROJECT
    "##);
}

#[test]
fn what_is_no_commit_never_reaches_git() {
    let sandbox = Sandbox::with(&[("prompts/a.txt", "x")]);
    sandbox.commit();
    for bad in
        ["abc123; rm -rf /", "--upload-pack=x", "-x", "$(touch pwned)", "HEAD^{tree}", "a b", "main..HEAD"]
    {
        let flag = format!("--git-commit={bad}");
        for command in ["diff", "validate", "push"] {
            let shown = sandbox.run(&[command, &flag, "--json", "--project", "p"]);
            assert!(
                shown.starts_with("exit: 2") && shown.contains("\"bad_commit\""),
                "{command} {bad}: {shown}"
            );
        }
    }
    assert!(!sandbox.path().join("pwned").exists());
    assert_snapshot!(sandbox.run(&["diff", "--git-commit", "abc123"]), @r##"
    exit: 3
    --- stderr
    error: no commit is named `abc123` in this repository
    "##);
}

#[test]
fn a_server_that_is_not_there_is_5() {
    let sandbox = Sandbox::new();
    // A port of this machine on which nobody listens: it was free a moment ago.
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let url = format!("http://127.0.0.1:{port}");
    let shown = sandbox.run(&["list", "--project", "p", "--url", &url]).replace(&url, "[URL]");
    assert_snapshot!(shown, @r##"
    exit: 5
    --- stderr
    error: the server at [URL] cannot be reached: Connection refused (os error 111)
      hint: start one with `promptsync serve`, or name another with --url or PROMPTSYNC_URL
    "##);
    assert_snapshot!(sandbox.run(&["list", "--project", "p", "--url", "ftp://x"]), @r##"
    exit: 2
    --- stderr
    error: `ftp://x` is not the address of a server: expected http://HOST or https://HOST
      hint: set it with --url, PROMPTSYNC_URL or `url` in promptsync.toml
    "##);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command(&["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command runs");
    drop(child.stdout.take());
    let out = child.wait_with_output().expect("the command ends");
    assert_eq!(
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned()),
        (Some(0), String::new())
    );
}

#[test]
fn colour_is_only_where_it_is_asked_for() {
    let sandbox = Sandbox::new();
    let escape = |args: &[&str], sandbox: &Sandbox| sandbox.output(args).stderr.contains(&0x1b);
    assert!(!escape(&["diff"], &sandbox));
    assert!(escape(&["diff", "--color", "always"], &sandbox));
    let forced = Sandbox::new().env("CLICOLOR_FORCE", "1");
    assert!(escape(&["diff"], &forced));
    assert!(!escape(&["diff", "--color", "never"], &forced));
    assert!(!escape(&["diff"], &forced.env("NO_COLOR", "1")));
}
