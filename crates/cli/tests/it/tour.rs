//! The words people were promised, against a real server.

use insta::assert_snapshot;

use crate::served::Served;

const V1: &str = "\
content: |
  Hello {{ customer_name }}, about {{ issue }}.
variants:
  - tags: {locale: en, tone: formal}
    content: \"Dear {{ customer_name }}: {{ issue }}\"
";
const V2: &str = "\
content: |
  Hello {{ customer_name }} of {{ company_name }}, about {{ issue }}.
variants:
  - tags: {locale: en, tone: formal}
    content: \"Dear {{ customer_name }}: {{ issue }}\"
";

fn shop() -> Served {
    Served::with(&[("prompts/support/customer_support.yaml", V1), ("prompts/greeting.txt", "Hi {{ name }}")])
}

#[test]
fn a_prompt_goes_from_the_folder_to_production() {
    let shop = shop();
    assert_snapshot!(shop.run(&["push", "--path", "./prompts/", "--alias", "dev", "--dry-run"]), @r##"
    exit: 0
    --- stdout
    + customer_support 1.0.0 new
    + greeting 1.0.0 new
    release 1.0.0 (would be new)
    --- stderr
    2 would be published, 0 unchanged
    "##);
    assert_snapshot!(shop.run(&["push", "--path", "./prompts/", "--alias", "dev"]), @r##"
    exit: 0
    --- stdout
    + customer_support 1.0.0 new
    + greeting 1.0.0 new
    release 1.0.0 (new)
    alias dev stands on 1.0.0 (new)
    --- stderr
    2 published, 0 unchanged
    "##);
    assert_snapshot!(shop.run(&["push", "--path", "./prompts/", "--alias", "dev"]), @r##"
    exit: 0
    --- stdout
      customer_support 1.0.0 unchanged
      greeting 1.0.0 unchanged
    release 1.0.0
    --- stderr
    0 published, 2 unchanged
    "##);
    let version = shop.stdout(&["version", "get", "dev"]);
    assert_eq!(version, "1.0.0\n");
    assert_snapshot!(shop.run(&["alias", "set", "production", "--version", version.trim()]), @r##"
    exit: 0
    --- stdout
    production stands on 1.0.0 (new)
      customer_support 1.0.0
      greeting 1.0.0
    "##);
    let get = ["get", "customer_support@production", "--tag", "locale=en", "--tag", "tone=formal"];
    assert_eq!(shop.stdout(&get), "Dear {{ customer_name }}: {{ issue }}");
    let render = [
        "render",
        "customer_support@production",
        "--var",
        "customer_name=John",
        "--var",
        "issue=password reset",
    ];
    assert_eq!(shop.stdout(&render), "Hello John, about password reset.");

    let missing = shop.run(&["render", "customer_support@production", "--var", "customer_name=J"]);
    assert_snapshot!(missing, @r##"
    exit: 1
    --- stderr
    missing_variable

      × the variable `issue` is missing
       ╭─[customer_support 1.0.0 (production) content:1:1]
     1 │ Hello {{ customer_name }}, about {{ issue }}.
       · ┬
       · ╰── content
       ╰────
    error: customer_support 1.0.0 (production) was not rendered
    "##);

    shop.sandbox.write("prompts/support/customer_support.yaml", V2);
    assert_snapshot!(shop.run(&["diff", "--alias", "production"]), @r##"
    exit: 0
    --- stdout
    --- customer_support 1.0.0 (production)
    +++ prompts/support/customer_support.yaml
    major: callers must now pass the variable `company_name`
    @@ content -1,2 +1,2 @@
    -Hello {{ customer_name }}, about {{ issue }}.
    +Hello {{ customer_name }} of {{ company_name }}, about {{ issue }}.
    "##);
    assert_snapshot!(shop.run(&["push", "--alias", "dev", "--message", "company"]), @r##"
    exit: 0
    --- stdout
    ~ customer_support 1.0.0 → 2.0.0 major
        major: callers must now pass the variable `company_name`
      greeting 1.0.0 unchanged
    release 2.0.0 (new)
    alias dev stands on 2.0.0
    --- stderr
    1 published, 1 unchanged
    "##);
    assert_snapshot!(shop.run(&["diff", "customer_support", "v1", "v2"]), @r##"
    exit: 0
    --- stdout
    --- customer_support 1.0.0
    +++ customer_support 2.0.0
    major: callers must now pass the variable `company_name`
    @@ content -1,2 +1,2 @@
    -Hello {{ customer_name }}, about {{ issue }}.
    +Hello {{ customer_name }} of {{ company_name }}, about {{ issue }}.
    "##);
    let page = shop.stdout(&["diff", "customer_support", "v1", "v2", "--format", "html"]);
    assert!(page.contains("<html") && page.contains("company_name"), "{page}");
}

#[test]
fn lists_show_where_everything_stands() {
    let shop = shop();
    shop.stdout(&["push", "--alias", "dev"]);
    shop.stdout(&["alias", "set", "production", "1.0.0"]);
    shop.sandbox.write("prompts/support/customer_support.yaml", V2);
    shop.stdout(&["push", "--alias", "dev", "--message", "company"]);
    assert_snapshot!(shop.run(&["list"]), @r##"
    exit: 0
    --- stdout
    customer_support	2.0.0	dev=2.0.0,production=1.0.0	support	-
    greeting	1.0.0	dev=1.0.0,production=1.0.0	-	-
    "##);
    assert_snapshot!(shop.run(&["alias", "list"]), @r##"
    exit: 0
    --- stdout
    dev	2.0.0	2	6	[TIME]	command line
    production	1.0.0	2	5	[TIME]	command line
    "##);
    assert_snapshot!(shop.run(&["release", "list"]), @r##"
    exit: 0
    --- stdout
    2.0.0	2	[TIME]	command line	-	company
    1.0.0	2	[TIME]	command line	-	-
    "##);
    assert_snapshot!(shop.run(&["search", "customer"]), @r##"
    exit: 0
    --- stdout
    customer_support	2.0.0	dev=2.0.0,production=1.0.0	support	-
    "##);
    assert_snapshot!(shop.run(&["status"]), @r##"
    exit: 0
    --- stdout
    dev	2.0.0	2	6	[TIME]	command line
    production	1.0.0	2	5	[TIME]	command line
    --- stderr
    [URL] · project shop · command line (admin)
    No application has reported in the last 15 minutes.
    "##);
    assert_snapshot!(shop.run(&["history", "customer_support"]), @r##"
    exit: 0
    --- stdout
    6	push	release:2.0.0	[TIME]	command line	company
    4	push	release:1.0.0	[TIME]	command line	-
    "##);
}

#[test]
fn a_version_names_the_release_and_every_prompt_of_it() {
    let shop = shop();
    assert_snapshot!(shop.run(&["push", "--alias", "dev", "--version", "v1.2.3"]), @r##"
    exit: 0
    --- stdout
    + customer_support 1.2.3 new
    + greeting 1.2.3 new
    release 1.2.3 (new)
    alias dev stands on 1.2.3 (new)
    --- stderr
    2 published, 0 unchanged
    "##);
    assert_snapshot!(shop.run(&["alias", "set", "stable", "v1.2.3", "--reason", "tested"]), @r##"
    exit: 0
    --- stdout
    stable stands on 1.2.3 (new)
      customer_support 1.2.3
      greeting 1.2.3
    "##);
    assert_eq!(shop.stdout(&["version", "get", "stable"]), "1.2.3\n");
    assert_eq!(shop.stdout(&["get", "greeting@v1.2.3"]), "Hi {{ name }}");
    assert_eq!(shop.stdout(&["get", "greeting@v1"]), "Hi {{ name }}");
    shop.sandbox.write("prompts/greeting.txt", "Hey {{ name }}");
    shop.stdout(&["push", "--alias", "dev"]);
    assert_snapshot!(shop.run(&["diff", "--version", "v1.2.3"]), @r##"
    exit: 0
    --- stdout
    --- greeting 1.2.3 (release 1.2.3)
    +++ prompts/greeting.txt
    patch: only wording or metadata changed
    @@ content -1,1 +1,1 @@
    -Hi {{ name }}
    +Hey {{ name }}
    "##);
    assert_snapshot!(shop.run(&["version", "list", "greeting"]).replace("latest", ""), @r##"
    exit: 0
    --- stdout
    1.2.4	patch	[TIME]	command line	-	3669a315bbda	-
    1.2.3	none	[TIME]	command line	-	45616ccbdd79	-
    "##);

    assert_snapshot!(shop.run(&["alias", "set", "stable", "v1.2.4", "--prompt", "greeting"]), @r##"
    exit: 0
    --- stdout
    stable stands on no single release
      greeting 1.2.3 → 1.2.4
    "##);
    assert_snapshot!(shop.run(&["version", "get", "stable"]), @r##"
    exit: 3
    --- stderr
    error: stable does not stand on one release: prompts of it were moved alone
      hint: name a prompt with --prompt, or move the alias to a release with `promptsync alias set`
    "##);
    assert_eq!(shop.stdout(&["version", "get", "stable", "--prompt", "greeting"]), "1.2.4\n");
    assert_snapshot!(shop.run(&["alias", "rollback", "stable", "--reason", "oops"]), @r##"
    exit: 0
    --- stdout
    stable stands on 1.2.3
      greeting 1.2.4 → 1.2.3
    "##);
    assert_snapshot!(shop.run(&["alias", "history", "stable"]), @r##"
    exit: 0
    --- stdout
    8	rollback	1.2.3	2	[TIME]	command line	oops
    7	set	-	2	[TIME]	command line	-
    5	set	1.2.3	2	[TIME]	command line	tested
    "##);
}

#[test]
fn what_code_needs_is_compared_with_what_an_alias_offers() {
    let shop = shop();
    let first = shop.sandbox.commit();
    shop.stdout(&["push", "--alias", "production"]);
    shop.stdout(&["lock"]);
    assert_snapshot!(shop.run(&["validate", "--git-commit", "HEAD", "--alias", "production"]), @r##"
    exit: 0
    --- stdout
    2 prompts and 0 pinned versions fit production.
    "##);
    shop.sandbox.write("prompts/support/customer_support.yaml", V2);
    shop.stdout(&["push", "--alias", "production"]);
    let shown = shop.run(&["validate", "--git-commit", &first, "--alias", "production"]);
    assert_snapshot!(shown.replace(&first[..7], "[COMMIT]"), @r##"
    exit: 1
    --- stderr
    variable_required_added

      × customer_support: 2.0.0 is offered, and callers must now pass the variable `company_name`
       ╭─[[COMMIT]:prompts/support/customer_support.yaml:1:1]
     1 │ content: |
       · ┬
       · ╰── here
     2 │   Hello {{ customer_name }}, about {{ issue }}.
       ╰────
    error: 1 mismatch with production
    "##);
    assert_snapshot!(shop.run(&["validate", "--git-commit", &first, "--version", "v1.0.0"]), @r##"
    exit: 0
    --- stdout
    2 prompts and 0 pinned versions fit 1.0.0.
    "##);
    assert_snapshot!(shop.run(&["validate", "--alias", "production"]), @r##"
    exit: 0
    --- stdout
    2 prompts and 2 pinned versions fit production.
    --- stderr
    warning: promptsync.lock:7:1: customer_support: 1.0.0 is locked and 2.0.0 is offered (take the new text with `promptsync lock`, or read with `--locked`)
    "##);
    let commit_diff =
        shop.run(&["diff", "customer_support", "--git-commit", &first, "--alias", "production"]);
    assert_snapshot!(commit_diff.replace(&first[..7], "[COMMIT]"), @r##"
    exit: 0
    --- stdout
    --- customer_support 2.0.0 (production)
    +++ [COMMIT]:prompts/support/customer_support.yaml
    minor: the variable `company_name` was removed; values passed for it are ignored
    @@ content -1,2 +1,2 @@
    -Hello {{ customer_name }} of {{ company_name }}, about {{ issue }}.
    +Hello {{ customer_name }}, about {{ issue }}.
    "##);
    let locked = ["render", "customer_support", "--locked", "--var", "customer_name=J", "--var", "issue=x"];
    assert_eq!(shop.stdout(&locked), "Hello J, about x.");
}

#[test]
fn a_push_with_a_broken_file_sends_nothing() {
    let shop = shop();
    shop.sandbox.write("prompts/broken.txt", "Hello {{ name");
    assert_snapshot!(shop.run(&["push", "--alias", "dev"]), @r##"
    exit: 1
    --- stderr
    template_syntax

      × `{{` is never closed
       ╭─[prompts/broken.txt:1:7]
     1 │ Hello {{ name
       ·       ┬
       ·       ╰── content
       ╰────
      help: if this text is meant literally, wrap it in {% raw %} … {% endraw %}
    error: 1 problem; nothing was sent
    "##);
    assert_snapshot!(shop.run(&["list"]), @r##"exit: 0"##);
    assert_snapshot!(shop.run(&["version", "get", "dev"]), @r##"
    exit: 3
    --- stderr
    error: no alias is named `dev`
    "##);
}

#[test]
fn a_version_that_understates_its_change_is_refused_with_reasons() {
    let shop = shop();
    shop.stdout(&["push", "--alias", "dev"]);
    shop.sandbox.write("prompts/support/customer_support.yaml", V2);
    assert_snapshot!(shop.run(&["push", "--version", "1.0.1"]), @r##"
    exit: 1
    --- stderr
    understated_bump

      × 1.0.1 understates the change: it needs at least a major step from 1.0.0: callers must now pass
      │ the variable `company_name`
       ╭─[prompts/support/customer_support.yaml:1:1]
     1 │ content: |
       · ┬
       · ╰── version
     2 │   Hello {{ customer_name }} of {{ company_name }}, about {{ issue }}.
       ╰────
      help: publish it as 2.0.0, or pass --allow-breaking if you may
    error: 1 problem found; nothing was pushed
    "##);
    assert_snapshot!(shop.run(&["push", "--version", "1.0.1", "--allow-breaking", "--alias", "dev"]), @r##"
    exit: 0
    --- stdout
    ~ customer_support 1.0.0 → 1.0.1 major
        major: callers must now pass the variable `company_name`
    ~ greeting 1.0.0 → 1.0.1 same content
    release 1.0.1 (new)
    alias dev stands on 1.0.1
    --- stderr
    2 published, 0 unchanged
    "##);
}

#[test]
fn pulled_files_are_the_pushed_ones() {
    let shop = shop();
    shop.stdout(&["push", "--alias", "production"]);
    assert_snapshot!(shop.run(&["pull", "--path", "copy"]), @r##"
    exit: 0
    --- stdout
    copy/support/customer_support.yaml
    copy/greeting.txt
    --- stderr
    2 files written from production, 0 unchanged
    "##);
    assert_eq!(shop.sandbox.read("copy/greeting.txt"), "Hi {{ name }}");
    assert_snapshot!(shop.run(&["push", "--path", "copy", "--dry-run"]), @r##"
    exit: 0
    --- stdout
      customer_support 1.0.0 unchanged
      greeting 1.0.0 unchanged
    release 1.0.0
    --- stderr
    0 would be published, 2 unchanged
    "##);
    shop.sandbox.write("copy/greeting.txt", "mine");
    assert_snapshot!(shop.run(&["pull", "--path", "copy"]), @r##"
    exit: 1
    --- stderr
    error: 1 file differs from what would be written; nothing was written
      hint: greeting.txt: look at `promptsync diff`, or pass --force to overwrite
    "##);
    assert_eq!(shop.sandbox.read("copy/greeting.txt"), "mine");
    shop.stdout(&["pull", "--path", "copy", "--force"]);
    assert_eq!(shop.sandbox.read("copy/greeting.txt"), "Hi {{ name }}");
}

#[test]
fn what_is_not_there_is_3_and_a_wrong_key_is_4() {
    let shop = shop();
    shop.stdout(&["push", "--alias", "dev"]);
    for args in [
        &["get", "nothing@dev"][..],
        &["get", "greeting@nowhere"],
        &["get", "greeting@9.9.9"],
        &["version", "get", "nowhere"],
        &["alias", "set", "stable", "9.9.9"],
        &["alias", "history", "nowhere"],
        &["list", "--project", "nowhere"],
    ] {
        let shown = shop.run(args);
        assert!(shown.starts_with("exit: 3\n--- stderr\nerror: "), "{args:?}: {shown}");
    }
    let mut stranger = shop.sandbox.command(&["list"]);
    let out = stranger.env("PROMPTSYNC_API_KEY", "ps_wrong").output().expect("runs");
    assert_snapshot!(crate::sandbox::shown(&out, shop.sandbox.path()), @r##"
    exit: 4
    --- stderr
    error: this key or token is not valid: it is mistyped, revoked or expired
      hint: run `promptsync login`, or set PROMPTSYNC_API_KEY or PROMPTSYNC_API_KEY_FILE
    "##);
    let mut nobody = shop.sandbox.command(&["list"]);
    let out = nobody.env_remove("PROMPTSYNC_API_KEY").output().expect("runs");
    assert_snapshot!(crate::sandbox::shown(&out, shop.sandbox.path()), @r##"
    exit: 4
    --- stderr
    error: this needs an API key or a session
      hint: send it as Authorization: Bearer …; `promptsync login` signs a person in, `promptsync keys create` makes a key
    "##);
}

#[test]
fn a_key_is_shown_once_and_opens_nothing_when_revoked() {
    let shop = shop();
    let key = shop.stdout(&["keys", "create", "--role", "viewer", "--name", "reader"]);
    let key = key.trim();
    let list =
        |key: &str| shop.sandbox.command(&["list"]).env("PROMPTSYNC_API_KEY", key).output().expect("runs");
    assert_eq!(list(key).status.code(), Some(0));
    let mut push = shop.sandbox.command(&["push"]);
    assert_eq!(push.env("PROMPTSYNC_API_KEY", key).output().expect("runs").status.code(), Some(4));
    let keys = shop.stdout(&["keys", "list"]);
    assert!(keys.contains("reader") && !keys.contains(key), "{keys}");
    let id = keys
        .lines()
        .find(|line| line.contains("reader"))
        .and_then(|line| line.split('\t').next())
        .expect("an id");
    shop.stdout(&["keys", "revoke", id]);
    assert_eq!(list(key).status.code(), Some(4));
}

#[test]
fn the_doctor_finds_a_healthy_set_up_and_a_missing_server() {
    let mut shop = shop();
    let healthy = shop.run(&["doctor", "--data-dir", "data"]);
    assert!(healthy.starts_with("exit: 0\n") && !healthy.contains("fail"), "{healthy}");
    shop.stop();
    let ill = shop.run(&["doctor"]);
    assert!(ill.starts_with("exit: 1\n") && ill.contains("fail  server"), "{ill}");
}
