use insta::assert_snapshot;

use crate::Sandbox;

#[test]
fn every_broken_file_is_listed_with_its_place_and_a_hint() {
    let sandbox = Sandbox::with(&[
        ("prompts/good.txt", "Hello {{ name }}"),
        ("prompts/jinja.md", "# Title\n\nUse {{ like this.\n"),
        ("prompts/shape.yaml", "content: x\nvariables: 7\n"),
        ("prompts/broken.yaml", "content: \"x\n"),
        ("prompts/filter.txt", "line\n{{ name | upcase }}\n"),
    ]);
    assert_snapshot!(sandbox.run(&["validate"]), @"");
    let json = sandbox.run(&["validate", "--json"]);
    assert!(json.starts_with("exit: 1\n--- stderr\n{"), "{json}");
}

#[test]
fn the_files_of_a_commit_are_checked_as_they_were() {
    let sandbox = Sandbox::with(&[("prompts/a.txt", "Hello {{ name")]);
    let broken = sandbox.commit();
    sandbox.write("prompts/a.txt", "Hello {{ name }}");
    sandbox.commit();
    sandbox.write("prompts/a.txt", "{{");
    assert_eq!(sandbox.run(&["validate", "--git-commit", "HEAD"]), "exit: 0\n--- stdout\n1 prompt is valid.\n");
    let shown = sandbox.run(&["validate", "--git-commit", &broken[..7]]).replace(&broken[..7], "[COMMIT]");
    assert_snapshot!(shown, @"");
    assert_snapshot!(sandbox.run(&["validate", "--git-commit", "HEAD", "--path", "elsewhere"]), @"");
}

#[test]
fn a_link_in_a_commit_is_not_followed() {
    let sandbox = Sandbox::with(&[("prompts/a.txt", "Hello")]);
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path().join("prompts/b.txt")).expect("a link");
    let commit = sandbox.commit();
    let shown = sandbox.run(&["validate", "--git-commit", "HEAD"]).replace(&commit[..7], "[COMMIT]");
    assert_snapshot!(shown, @"");
}

#[test]
fn a_dependency_that_may_be_in_the_registry_is_no_problem_here() {
    let sandbox = Sandbox::with(&[(
        "prompts/letter.yaml",
        "dependencies: [signature]\ncontent: \"{% include 'signature' %}\"\n",
    )]);
    assert_snapshot!(sandbox.run(&["validate"]), @"");
}
