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
    assert_snapshot!(sandbox.run(&["validate"]), @r##"
    exit: 1
    --- stderr
    yaml_syntax

      × the YAML cannot be read: invalid indentation in multiline quoted scalar
       ╭─[prompts/broken.yaml:2:1]
     1 │ content: "x
       ╰────
    forbidden_filter

      × `upcase` is not available as a filter
       ╭─[prompts/filter.txt:2:11]
     1 │ line
     2 │ {{ name | upcase }}
       ·           ┬
       ·           ╰── content
       ╰────
    template_syntax

      × `{{` is never closed
       ╭─[prompts/jinja.md:3:5]
     2 │ 
     3 │ Use {{ like this.
       ·     ┬
       ·     ╰── content
       ╰────
      help: if this text is meant literally, wrap it in {% raw %} … {% endraw %}
    wrong_type

      × `variables` must be a list, not a number
       ╭─[prompts/shape.yaml:2:1]
     1 │ content: x
     2 │ variables: 7
       · ┬
       · ╰── variables
       ╰────
    error: 4 problems
    "##);
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
    assert_eq!(
        sandbox.run(&["validate", "--git-commit", "HEAD"]),
        "exit: 0\n--- stdout\n1 prompt is valid.\n"
    );
    let shown = sandbox.run(&["validate", "--git-commit", &broken[..7]]).replace(&broken[..7], "[COMMIT]");
    assert_snapshot!(shown, @r##"
    exit: 1
    --- stderr
    template_syntax

      × `{{` is never closed
       ╭─[[COMMIT]:prompts/a.txt:1:7]
     1 │ Hello {{ name
       ·       ┬
       ·       ╰── content
       ╰────
      help: if this text is meant literally, wrap it in {% raw %} … {% endraw %}
    error: 1 problem
    "##);
    assert_snapshot!(sandbox.run(&["validate", "--git-commit", "HEAD", "--path", "elsewhere"]), @r##"
    exit: 3
    --- stderr
    error: elsewhere holds no prompt files
      hint: name the folder with --path
    "##);
}

#[test]
fn a_link_in_a_commit_is_not_followed() {
    let sandbox = Sandbox::with(&[("prompts/a.txt", "Hello")]);
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path().join("prompts/b.txt")).expect("a link");
    let commit = sandbox.commit();
    let shown = sandbox.run(&["validate", "--git-commit", "HEAD"]).replace(&commit[..7], "[COMMIT]");
    assert_snapshot!(shown, @r##"
    exit: 1
    --- stderr
    unsupported_file

      × [COMMIT]:prompts/b.txt: links are not followed in a commit
    error: 1 problem
    "##);
}

#[test]
fn a_dependency_that_may_be_in_the_registry_is_no_problem_here() {
    let sandbox = Sandbox::with(&[(
        "prompts/letter.yaml",
        "dependencies: [signature]\ncontent: \"{% include 'signature' %}\"\n",
    )]);
    assert_snapshot!(sandbox.run(&["validate"]), @r##"
    exit: 0
    --- stdout
    1 prompt is valid.
    --- stderr
    warning: prompts/letter.yaml:1:1: no prompt is named `signature` (push it together with this prompt, or before)
    "##);
}
