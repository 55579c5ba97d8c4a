use std::{io::Write, process::Stdio};

use insta::assert_snapshot;

use crate::Sandbox;

const SUPPORT: &str = "\
description: Answers customers
content: |
  Dear {{ customer_name }},
  we look at {{ issue }} within {{ hours }} hours.
variables:
  hours:
    type: integer
    default: 24
  customer_name: {type: string}
variants:
  - tags: {tone: formal}
    content: \"Dear Mr or Ms {{ customer_name }}: {{ issue }}\"
";

fn support() -> Sandbox {
    Sandbox::with(&[("prompts/customer_support.yaml", SUPPORT)])
}

#[test]
fn a_prompt_of_the_folder_is_rendered_without_a_server() {
    let sandbox = support();
    let values = ["--var", "customer_name=John", "--var", "issue=a=b"];
    for place in [
        &["customer_support"][..],
        &["prompts/customer_support.yaml"],
        &["customer_support", "--path", "prompts"],
    ] {
        let args: Vec<&str> = ["render"].iter().chain(place).chain(&values).copied().collect();
        let expected = "exit: 0\n--- stdout\nDear John,\nwe look at a=b within 24 hours.";
        assert_eq!(sandbox.run(&args), expected, "{place:?}");
    }
    let formal = sandbox.run(&[
        "render",
        "customer_support",
        "--tag",
        "tone=formal",
        "--var",
        "customer_name=A",
        "--var",
        "issue=x",
    ]);
    assert_snapshot!(formal, @r##"
    exit: 0
    --- stdout
    Dear Mr or Ms A: x
    "##);
    let json = sandbox.run(&[
        "render",
        "customer_support",
        "--json",
        "--tag",
        "tone=formal",
        "--var",
        "customer_name=A",
        "--var",
        "issue=x",
    ]);
    assert_snapshot!(json, @r##"
    exit: 0
    --- stdout
    {
      "prompt": "customer_support",
      "version": null,
      "digest": "sha256:743fe0d8af39e2c8a6a49677808ca8ec116112f6ec0dd47f75d8795b126f7b38",
      "text": "Dear Mr or Ms A: x"
    }
    "##);
}

#[test]
fn values_come_from_files_and_pairs_win() {
    let sandbox = support();
    sandbox.write("values.json", r#"{"customer_name": "File", "issue": "it", "hours": 2}"#);
    let args = ["render", "customer_support", "--var-file", "values.json", "--var", "hours=3"];
    assert_eq!(sandbox.run(&args), "exit: 0\n--- stdout\nDear File,\nwe look at it within 3 hours.");
    let mut child = sandbox
        .command(&["render", "customer_support", "--var-file", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command runs");
    let input = br#"{"customer_name": "Pipe", "issue": "it"}"#;
    child.stdin.take().expect("a pipe").write_all(input).expect("it reads");
    let out = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&out.stdout), "Dear Pipe,\nwe look at it within 24 hours.");
}

#[test]
fn a_missing_or_mistyped_value_names_the_variable_and_never_the_value() {
    let sandbox = support();
    assert_snapshot!(sandbox.run(&["render", "customer_support", "--var", "custmer_name=John", "--var", "issue=x"]), @r##"
    exit: 1
    --- stderr
    missing_variable

      × the variable `customer_name` is missing
       ╭─[prompts/customer_support.yaml:3:3]
     2 │ content: |
     3 │   Dear {{ customer_name }},
       ·   ┬
       ·   ╰── content
     4 │   we look at {{ issue }} within {{ hours }} hours.
       ╰────
      help: you passed `custmer_name`: did you mean `customer_name`?
    error: prompts/customer_support.yaml was not rendered
    "##);
    let shown = sandbox.run(&[
        "render",
        "customer_support",
        "--var",
        "customer_name=J",
        "--var",
        "issue=x",
        "--var",
        "hours=s3cret",
    ]);
    assert!(!shown.contains("s3cret"));
    assert_snapshot!(shown, @r##"
    exit: 2
    --- stderr
    error: the value of --var hours cannot be read
      hint: `hours` is declared as an integer, so its value is read as JSON
    "##);
}

#[test]
fn a_conversation_is_shown_so_that_people_can_read_it() {
    let sandbox = Sandbox::with(&[(
        "prompts/chat.yaml",
        "messages:\n  - role: system\n    content: Be kind.\n  - placeholder: history\n    optional: true\n  - role: user\n    content: \"{{ question }}\"\n",
    )]);
    assert_snapshot!(sandbox.run(&["get", "chat"]), @r##"
    exit: 0
    --- stdout
    [system]
    Be kind.

    [messages from `history`]

    [user]
    {{ question }}
    "##);
    let history = r#"history=[{"role":"user","content":"Hi"}]"#;
    assert_snapshot!(sandbox.run(&["render", "chat", "--var", "question=Why?", "--var", history]), @r##"
    exit: 0
    --- stdout
    [system]
    Be kind.

    [user]
    Hi

    [user]
    Why?
    "##);
}

#[test]
fn a_prompt_includes_what_it_depends_on() {
    let sandbox = Sandbox::with(&[
        ("prompts/parts/signature.txt", "Yours, {{ company }}"),
        (
            "prompts/letter.yaml",
            "dependencies: [signature]\ncontent: \"Dear all. {% include 'signature' %}\"\n",
        ),
    ]);
    let args = ["render", "letter", "--var", "company=Acme"];
    assert_eq!(sandbox.run(&args), "exit: 0\n--- stdout\nDear all. Yours, Acme");
}

#[test]
fn get_prints_the_template_and_names_that_are_alike() {
    let sandbox = support();
    let formal = sandbox.run(&["get", "customer_support", "--tag", "tone=formal"]);
    assert_eq!(formal, "exit: 0\n--- stdout\nDear Mr or Ms {{ customer_name }}: {{ issue }}");
    assert_snapshot!(sandbox.run(&["get", "custmer_support"]), @r##"
    exit: 3
    --- stderr
    error: no prompt is named `custmer_support` in prompts
      hint: did you mean `customer_support`?
    "##);
    assert_snapshot!(sandbox.run(&["get", "prompts/gone.yaml"]), @r##"
    exit: 3
    --- stderr
    error: cannot read prompts/gone.yaml: No such file or directory (os error 2)
    "##);
}

#[test]
fn a_pinned_prompt_is_rendered_from_the_folder_when_it_is_that_content() {
    let sandbox = Sandbox::with(&[("prompts/hi.txt", "Hello")]);
    let found = sandbox.run(&["get", "hi", "--json"]);
    let digest = found.split("sha256:").nth(1).expect("a digest").split('"').next().expect("a digest");
    let lock = format!(
        "lock_version = 1\nproject = \"p\"\n\n[prompts]\nhi = {{ version = \"1.2.0\", digest = \"sha256:{digest}\" }}\n"
    );
    sandbox.write("promptsync.lock", lock);
    assert_eq!(sandbox.run(&["render", "hi", "--locked"]), "exit: 0\n--- stdout\nHello");
    assert_snapshot!(sandbox.run(&["render", "other", "--locked"]), @r##"
    exit: 3
    --- stderr
    error: promptsync.lock does not pin `other`
      hint: run `promptsync lock` to pin every prompt
    "##);
    assert_eq!(
        sandbox.run(&["validate", "--lock"]),
        "exit: 0\n--- stdout\n1 prompt and 1 pinned version fit promptsync.lock.\n"
    );
    sandbox.write("prompts/hi.txt", "Hello!");
    sandbox.write("prompts/new.txt", "New");
    assert_snapshot!(sandbox.run(&["validate", "--lock"]), @r##"
    exit: 1
    --- stderr
    lock_digest

      × the file of `hi` is not the pinned 1.2.0
       ╭─[promptsync.lock:5:1]
     4 │ [prompts]
     5 │ hi = { version = "1.2.0", digest = "sha256:633275125d651d4467ead7af335913ece4e3f1ad2d342b5ba12ec3e86fcfe2c7" }
       · ┬
       · ╰── here
       ╰────
    lock_missing

      × promptsync.lock does not pin `new`
       ╭─[prompts/new.txt:1:1]
     1 │ New
       · ┬
       · ╰── here
       ╰────
    error: 2 mismatches with promptsync.lock
    "##);
}
