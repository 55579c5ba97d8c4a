use insta::assert_snapshot;

use crate::Sandbox;

#[test]
fn init_finds_the_prompts_and_writes_the_project_file() {
    let sandbox = Sandbox::with(&[("src/prompts/greeting.txt", "Hello {{ name }}")]);
    assert_snapshot!(sandbox.run(&["init", "--project", "shop", "--yes"]), @r##"
    exit: 0
    --- stdout
    Wrote promptsync.toml.
    --- stderr
    project  shop
    prompts  src/prompts (1 prompt file)
    server   http://127.0.0.1:7979

    Next:
      promptsync validate
      promptsync push --alias dev
      promptsync list
    "##);
    assert_snapshot!(sandbox.read("promptsync.toml"), @r##"
    # The project's settings for the promptsync command and the SDKs.
    project = "shop"
    path = "src/prompts"
    "##);
    assert_snapshot!(sandbox.run(&["init", "--project", "other", "--yes"]), @r##"
    exit: 2
    --- stderr
    error: promptsync.toml exists already
      hint: edit it, or remove it and run `promptsync init` again
    "##);
    assert_eq!(sandbox.run(&["validate"]), "exit: 0\n--- stdout\n1 prompt is valid.\n");
}

#[test]
fn init_takes_what_it_is_told() {
    let sandbox = Sandbox::with(&[("texts/a.md", "Hi")]);
    let args = ["init", "--project", "shop", "--path", "./texts/", "--url", "https://p.example", "--json"];
    assert_snapshot!(sandbox.run(&args), @r##"
    exit: 0
    --- stdout
    {
      "file": "promptsync.toml",
      "project": "shop",
      "path": "texts",
      "url": "https://p.example",
      "prompt_files": 1
    }
    "##);
    assert_snapshot!(sandbox.read("promptsync.toml"), @r##"
    # The project's settings for the promptsync command and the SDKs.
    project = "shop"
    path = "texts"
    url = "https://p.example"
    "##);
}

#[test]
fn init_refuses_a_name_that_is_none() {
    assert_snapshot!(Sandbox::new().run(&["init", "--project", "../x"]), @r##"
    exit: 2
    --- stderr
    error: `../x` cannot name a project: only letters, digits, `.`, `_` and `-` are allowed, the first a letter or digit
      hint: the name comes from --project; pass --project NAME
    "##);
}
