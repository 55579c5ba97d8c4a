use insta::assert_snapshot;

use crate::Sandbox;

#[test]
fn two_files_are_compared_by_line_and_meaning() {
    let sandbox = Sandbox::with(&[
        ("old.yaml", "content: |\n  Hello {{ name }}.\n  How are you?\n"),
        ("new.yaml", "content: |\n  Hello {{ name }} of {{ company }}.\n  How are you?\n"),
    ]);
    assert_snapshot!(sandbox.run(&["diff", "old.yaml", "new.yaml"]), @r##"
    exit: 0
    --- stdout
    --- old.yaml
    +++ new.yaml
    major: callers must now pass the variable `company`
    @@ content -1,3 +1,3 @@
    -Hello {{ name }}.
    +Hello {{ name }} of {{ company }}.
     How are you?
    "##);
    assert!(sandbox.run(&["diff", "old.yaml", "new.yaml", "--exit-code"]).starts_with("exit: 1\n"));
    assert_eq!(
        sandbox.run(&["diff", "old.yaml", "old.yaml", "--exit-code"]),
        "exit: 0\n--- stderr\nNo difference.\n"
    );
    assert!(sandbox.run(&["diff", "old.yaml", "new.yaml", "--color", "always"]).contains("\u{1b}[32"));
    let html = sandbox.run(&["diff", "old.yaml", "new.yaml", "--format", "html"]);
    assert!(html.contains("<html") && html.contains("company"), "{html}");
    let json = sandbox.output(&["diff", "old.yaml", "new.yaml", "--format", "json"]);
    let diffs: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(diffs[0]["bump"], "major");
}

#[test]
fn the_folder_is_compared_with_a_commit() {
    let sandbox =
        Sandbox::with(&[("prompts/a.txt", "One"), ("prompts/b.txt", "Two"), ("prompts/c.txt", "Three")]);
    let commit = sandbox.commit();
    sandbox.write("prompts/a.txt", "One more");
    sandbox.write("prompts/d.txt", "Four");
    std::fs::remove_file(sandbox.path().join("prompts/b.txt")).expect("it is there");
    let shown = sandbox.run(&["diff", "--git-commit", "HEAD"]).replace(&commit[..7], "[COMMIT]");
    assert_snapshot!(shown, @r##"
    exit: 0
    --- stdout
    --- [COMMIT]:prompts/a.txt
    +++ prompts/a.txt
    patch: only wording or metadata changed
    @@ content -1,1 +1,1 @@
    -One
    +One more
    --- [COMMIT]:prompts/b.txt
    +++ (not there)
    patch: only wording or metadata changed
    @@ content -1,1 +0,0 @@
    -Two
    --- (not there)
    +++ prompts/d.txt
    patch: only wording or metadata changed
    @@ content -0,0 +1,1 @@
    +Four
    "##);
    assert_eq!(sandbox.run(&["diff", "c", "--git-commit", "main"]), "exit: 0\n--- stderr\nNo difference.\n");
    assert_snapshot!(sandbox.run(&["diff", "zzz", "--git-commit", &commit]), @r##"
    exit: 3
    --- stderr
    error: neither side has a prompt named `zzz`
    "##);
}
