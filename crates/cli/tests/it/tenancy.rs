//! A workspace set up and used from the command line alone.

use crate::{Sandbox, served::Served};

/// A key made beside the data.
fn key(sandbox: &Sandbox, args: &[&str]) -> String {
    let mut all = vec!["keys", "create", "--data-dir", "data", "--workspace", "acme"];
    all.extend(args);
    let out = sandbox.output(&all);
    assert!(out.status.success(), "{all:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("text").trim().to_owned()
}

/// Runs a command with a key; gives its exit code and what it prints.
fn run(shop: &Served, key: &str, args: &[&str]) -> (i32, String) {
    let out = shop.sandbox.command(args).env("PROMPTSYNC_API_KEY", key).output().expect("the command runs");
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    (out.status.code().unwrap_or(-1), text)
}

#[test]
fn a_new_workspace_with_four_kinds_of_callers_does_what_each_was_given() {
    let sandbox = Sandbox::with(&[("prompts/greeting.txt", "Hi {{ name }}")]);
    let made = sandbox.output(&["workspace", "create", "acme", "--data-dir", "data"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let again = sandbox.run(&["workspace", "create", "Acme", "--data-dir", "data"]);
    assert!(again.contains("a workspace named `Acme` exists"), "{again}");
    let listed = sandbox.run(&["workspace", "list", "--data-dir", "data"]);
    assert!(listed.contains("\tdefault\n") && listed.contains("\tacme\n"), "{listed}");

    let everything = ["editor", "approver", "viewer", "admin"];
    let keys = everything.map(|role| key(&sandbox, &["--role", role, "--project", "shop", "--name", role]));
    let [editor, approver, viewer, admin] = &keys;
    let reader = key(
        &sandbox,
        &[
            "--role",
            "viewer",
            "--project",
            "shop",
            "--environment",
            "production",
            "--expires",
            "90d",
            "--name",
            "app",
        ],
    );
    let shop = Served::start(sandbox, std::process::Stdio::inherit());

    // The editor pushes and moves aliases, and manages nothing.
    let (code, text) = run(&shop, editor, &["push", "--alias", "dev"]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = run(&shop, editor, &["alias", "set", "production", "1.0.0"]);
    assert_eq!(code, 0, "{text}");
    for refused in [&["keys", "list"][..], &["member", "list"], &["role", "create", "x", "--allow", "read"]] {
        assert_eq!(run(&shop, editor, refused).0, 4, "{refused:?}");
    }
    // A change under too small a number is the approver's.
    shop.sandbox.write("prompts/greeting.txt", "Hi {{ name }} of {{ company }}");
    let understated = ["push", "--version", "1.0.1", "--allow-breaking"];
    assert_eq!(run(&shop, editor, &understated).0, 4);
    let (code, text) = run(&shop, approver, &understated);
    assert_eq!(code, 0, "{text}");
    assert_eq!(run(&shop, approver, &["keys", "list"]).0, 4);
    // The viewer reads and renders.
    let (code, text) = run(&shop, viewer, &["render", "greeting@production", "--var", "name=Ann"]);
    assert_eq!((code, text.trim()), (0, "Hi Ann"));
    assert_eq!(run(&shop, viewer, &["push", "--alias", "dev"]).0, 4);
    assert_eq!(run(&shop, viewer, &["alias", "set", "production", "1.0.1"]).0, 4);
    // The production key reads production and nothing else.
    let (code, text) = run(&shop, &reader, &["get", "greeting@production"]);
    assert_eq!((code, text.trim()), (0, "Hi {{ name }}"));
    let (code, text) = run(&shop, &reader, &["render", "greeting@production", "--var", "name=Ann"]);
    assert_eq!((code, text.trim()), (0, "Hi Ann"));
    for refused in [
        &["get", "greeting@dev"][..],
        &["get", "greeting@1.0.0"],
        &["get", "greeting"],
        &["list"],
        &["alias", "list"],
        &["push"],
    ] {
        let (code, text) = run(&shop, &reader, refused);
        assert_eq!(code, 4, "{refused:?}: {text}");
    }
    // Another workspace of the same server knows none of it.
    let foreign = shop.run(&["get", "greeting@production"]);
    assert!(foreign.contains("exit: 3"), "{foreign}");

    // The admin sees every key, gives one a new secret and ends it.
    let (_, listed) = run(&shop, admin, &["keys", "list"]);
    let line = listed.lines().find(|line| line.contains("\tapp\t")).expect("the production key");
    assert!(
        line.contains("shop@production") && line.contains("\tviewer\t") && line.contains("until "),
        "{line}"
    );
    let id = line.split('\t').next().expect("an id").to_owned();
    let (code, text) = run(&shop, admin, &["--quiet", "keys", "rotate", &id, "--overlap", "1h"]);
    let fresh = text.trim().to_owned();
    assert!(code == 0 && fresh.starts_with("ps_"), "{text}");
    for key in [&reader, &fresh] {
        assert_eq!(run(&shop, key, &["get", "greeting@production"]).0, 0);
    }
    assert_eq!(run(&shop, admin, &["keys", "revoke", &id]).0, 0);
    for key in [&reader, &fresh] {
        let (code, text) = run(&shop, key, &["get", "greeting@production"]);
        assert_eq!(code, 4, "{text}");
    }
}

#[test]
fn roles_teams_and_members_are_managed_by_an_admin_of_the_workspace() {
    let sandbox = Sandbox::new();
    let made = sandbox.output(&["workspace", "create", "acme", "--data-dir", "data"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let admin = key(&sandbox, &["--role", "admin"]);
    let shop = Served::start(sandbox, std::process::Stdio::inherit());
    // Nothing here is about one project.
    let run = |args: &[&str]| {
        let mut command = shop.sandbox.command(args);
        command.env_remove("PROMPTSYNC_PROJECT").env("PROMPTSYNC_API_KEY", &admin);
        let out = command.output().expect("the command runs");
        let text =
            format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        (out.status.code().unwrap_or(-1), text)
    };
    let (code, text) = run(&["role", "create", "mover", "--allow", "read", "--allow", "move_alias"]);
    assert_eq!((code, text.as_str()), (0, "mover\tread move_alias\t\n"));
    let (code, text) = run(&["role", "edit", "mover", "--allow", "read", "--description", "reads"]);
    assert_eq!((code, text.as_str()), (0, "mover\tread\treads\n"));
    assert_eq!(run(&["role", "create", "x", "--allow", "fly"]).0, 2);
    assert_eq!(run(&["team", "create", "support"]), (0, "support\t\n".to_owned()));
    let (code, text) = run(&["role", "give", "mover", "--team", "support"]);
    assert!(code == 0 && text.contains("\tmover\tteam support\teverywhere\t"), "{text}");
    let id = text.split('\t').next().expect("an id").to_owned();
    assert_eq!(run(&["role", "delete", "mover"]).0, 1, "it is given");
    assert_eq!(run(&["role", "given"]).1, text);
    assert_eq!(run(&["role", "take", &id]).0, 0);
    assert_eq!(run(&["role", "delete", "mover"]).0, 0);
    assert_eq!(run(&["team", "delete", "support"]).0, 0);
    assert_eq!(run(&["member", "list"]), (0, String::new()));
    assert_eq!(run(&["member", "add", "nobody@example.org"]).0, 3);
    assert_eq!(run(&["workspace", "create", "more"]).0, 4, "that is the operator's");
    assert_eq!(run(&["workspace", "rename", "acme", "apex"]).0, 0);
    let (code, text) = run(&["workspace", "list"]);
    assert!(code == 0 && text.contains("\tapex\t") && text.lines().count() == 1, "{text}");
}
