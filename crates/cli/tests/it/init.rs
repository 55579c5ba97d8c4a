use insta::assert_snapshot;

use crate::Sandbox;

#[test]
fn init_finds_the_prompts_and_writes_the_project_file() {
    let sandbox = Sandbox::with(&[("src/prompts/greeting.txt", "Hello {{ name }}")]);
    assert_snapshot!(sandbox.run(&["init", "--project", "shop", "--yes"]), @"");
    assert_snapshot!(sandbox.read("promptsync.toml"), @"");
    assert_snapshot!(sandbox.run(&["init", "--project", "other", "--yes"]), @"");
    assert_eq!(sandbox.run(&["validate"]), "exit: 0\n--- stdout\n1 prompt is valid.\n");
}

#[test]
fn init_takes_what_it_is_told() {
    let sandbox = Sandbox::with(&[("texts/a.md", "Hi")]);
    let args = ["init", "--project", "shop", "--path", "./texts/", "--url", "https://p.example", "--json"];
    assert_snapshot!(sandbox.run(&args), @"");
    assert_snapshot!(sandbox.read("promptsync.toml"), @"");
}

#[test]
fn init_refuses_a_name_that_is_none() {
    assert_snapshot!(Sandbox::new().run(&["init", "--project", "../x"]), @"");
}
