use insta::assert_snapshot;

use crate::Sandbox;

#[test]
fn a_flag_wins_over_the_environment_and_that_over_files() {
    let sandbox = Sandbox::with(&[
        ("promptsync.toml", "project = \"from_file\"\nurl = \"http://file:1\"\npath = \"texts\"\n[server]\nlisten = \"127.0.0.1:1\"\n"),
        ("pyproject.toml", "[project]\nname = \"from_python\"\n[tool.promptsync]\npath = \"py\"\n"),
        ("sub/keep", ""),
    ])
    .env("PROMPTSYNC_URL", "http://env:2");
    assert_snapshot!(sandbox.run(&["config", "show", "--origin", "--project", "from_flag"]), @r##"
    exit: 0
    --- stdout
    project	from_flag	--project
    url	http://env:2	PROMPTSYNC_URL
    path	texts	[FOLDER]/promptsync.toml
    api_key	-	-
    "##);
    let mut below = sandbox.command(&["config", "show", "--origin"]);
    let out = below.current_dir(sandbox.path().join("sub")).output().expect("runs");
    assert_snapshot!(crate::sandbox::shown(&out, sandbox.path()), @r##"
    exit: 0
    --- stdout
    project	from_file	[FOLDER]/promptsync.toml
    url	http://env:2	PROMPTSYNC_URL
    path	[FOLDER]/texts	[FOLDER]/promptsync.toml
    api_key	-	-
    "##);
}

#[test]
fn the_settings_of_the_server_are_shown_with_their_origin() {
    let sandbox =
        Sandbox::with(&[("promptsync.toml", "project = \"shop\"\n[server]\nlisten = \"127.0.0.1:1\"\n")])
            .env("PROMPTSYNC_DATABASE_URL", "postgres://u:hunter2@127.0.0.1/x");
    let shown = sandbox.run(&["config", "show", "--server", "--origin"]);
    for line in [
        "listen\t127.0.0.1:1\tpromptsync.toml\n",
        "\tPROMPTSYNC_DATABASE_URL\n",
        "push_bytes\t33554432\tdefault\n",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn the_project_is_found_in_pyproject_and_then_in_the_git_remote() {
    let sandbox = Sandbox::with(&[("x", "")]);
    sandbox.commit();
    sandbox.git(&["remote", "add", "origin", "git@example.com:team/checkout.git"]);
    assert_snapshot!(sandbox.run(&["config", "show", "--origin"]), @r##"
    exit: 0
    --- stdout
    project	checkout	git remote
    url	http://127.0.0.1:7979	default
    path	prompts	default
    api_key	-	-
    "##);
    sandbox.write("pyproject.toml", "[project]\nname = \"from_python\"\n");
    assert_snapshot!(sandbox.run(&["config", "show", "--origin"]), @r##"
    exit: 0
    --- stdout
    project	from_python	[FOLDER]/pyproject.toml
    url	http://127.0.0.1:7979	default
    path	prompts	default
    api_key	-	-
    "##);
}

#[test]
fn a_key_is_masked() {
    let key = "ps_01JD4X2V8Q6T0B3E5R7Y9ZKMNP";
    let sandbox = Sandbox::new().env("PROMPTSYNC_API_KEY", key);
    let shown = sandbox.run(&["config", "show", "--origin"]);
    assert!(!shown.contains(key), "{shown}");
    assert_snapshot!(shown, @r##"
    exit: 0
    --- stdout
    project	-	-
    url	http://127.0.0.1:7979	default
    path	prompts	default
    api_key	ps_01JD…KMNP	PROMPTSYNC_API_KEY
    "##);
}

#[test]
fn a_key_is_read_from_a_file() {
    let sandbox =
        Sandbox::with(&[("key", "ps_01JD4X2V8Q6T0B3E5R7Y9ZKMNP\n")]).env("PROMPTSYNC_API_KEY_FILE", "key");
    assert_snapshot!(sandbox.run(&["config", "show", "--origin"]), @r##"
    exit: 0
    --- stdout
    project	-	-
    url	http://127.0.0.1:7979	default
    path	prompts	default
    api_key	ps_01JD…KMNP	key
    "##);
    let sandbox = Sandbox::new().env("PROMPTSYNC_API_KEY_FILE", "gone");
    assert_snapshot!(sandbox.run(&["config", "show"]), @r##"
    exit: 2
    --- stderr
    error: cannot read the API key in gone: No such file or directory (os error 2)
    "##);
}

#[test]
fn the_users_key_stays_with_the_users_server() {
    let sandbox = Sandbox::with(&[(
        "home/.config/promptsync/config.toml",
        "url = \"https://mine.example\"\napi_key = \"ps_01JD4X2V8Q6T0B3E5R7Y9ZKMNP\"\n",
    )]);
    assert_snapshot!(sandbox.run(&["config", "show", "--origin"]), @r##"
    exit: 0
    --- stdout
    project	-	-
    url	https://mine.example	[FOLDER]/home/.config/promptsync/config.toml
    path	prompts	default
    api_key	ps_01JD…KMNP	[FOLDER]/home/.config/promptsync/config.toml
    "##);
    sandbox.write("promptsync.toml", "url = \"https://theirs.example\"\n");
    assert_snapshot!(sandbox.run(&["config", "show", "--origin"]), @r##"
    exit: 0
    --- stdout
    project	-	-
    url	https://theirs.example	[FOLDER]/promptsync.toml
    path	prompts	default
    api_key	-	-
    "##);
}

#[test]
fn a_mistake_in_the_project_file_has_a_place_and_its_text_is_not_shown() {
    let sandbox = Sandbox::with(&[("promptsync.toml", "project = \"x\"\napikey = \"s3cret\"\n")]);
    let shown = sandbox.run(&["config", "show"]);
    assert!(!shown.contains("s3cret"), "{shown}");
    assert_snapshot!(shown, @r##"
    exit: 2
    --- stderr
    config

      × [FOLDER]/promptsync.toml:2:1: unknown field `apikey`, expected one of `project`, `url`,
      │ `path`, `registry`, `secrets`, `server`
    error: [FOLDER]/promptsync.toml cannot be used
    "##);
}
