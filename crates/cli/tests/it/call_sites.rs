//! What an application's source passes to prompts, against what is offered.

use insta::assert_snapshot;

use crate::{Sandbox, served::Served};

const SUPPORT: &str = "content: |\n  Hello {{ customer_name }}, about {{ issue }}.\n";
const SUPPORT_OF_A_COMPANY: &str =
    "content: |\n  Hello {{ customer_name }} of {{ company_name }}, about {{ issue }}.\n";
const PYTHON: &str = "\
from promptsync import PromptManager

pm = PromptManager()


def answer(name: str, issue: str) -> str:
    prompt = pm.get_prompt(\"support@production\")
    return prompt.format(customer_name=name, issue=issue)


def try_out(name: str) -> str:
    return pm.get(\"support\", version_or_alias=\"dev\").format(customer_name=name)
";
const SCRIPT: &str = "\
import { PromptSync } from \"promptsync\";
const client = new PromptSync({ project: \"shop\" });
export const greet = async (name: string) => (await client.get(\"greeting\")).format({ name, mood: \"ä\" });
";

fn shop() -> Served {
    let shop = Served::with(&[
        ("prompts/support.yaml", SUPPORT),
        ("prompts/greeting.txt", "Hi {{ name }}"),
        ("app/answers.py", PYTHON),
        ("web/greet.ts", SCRIPT),
        (
            "web/node_modules/x/index.js",
            "import { PromptSync } from 'promptsync'; new PromptSync().get('none');",
        ),
    ]);
    shop.stdout(&["push", "--alias", "production"]);
    shop
}

#[test]
fn calls_that_fit_an_alias_are_counted() {
    let shop = shop();
    assert_snapshot!(shop.run(&["validate", "--alias", "production"]), @r##"
    exit: 0
    --- stdout
    2 prompts, 0 pinned versions and 3 calls in 2 files fit production.
    --- stderr
    warning: web/greet.ts:3:92: greeting 1.0.0 does not read `mood`
    "##);
    assert_snapshot!(shop.run(&["validate", "--alias", "production", "--no-code"]), @r##"
    exit: 0
    --- stdout
    2 prompts and 0 pinned versions fit production.
    "##);
    assert_snapshot!(shop.run(&["validate", "--alias", "production", "--code", "prompts", "--json"]), @r##"
    exit: 0
    --- stdout
    {
      "prompts": 2,
      "pinned": 0,
      "calls": 0,
      "files_with_calls": 0,
      "against": "production",
      "warnings": []
    }
    "##);
}

#[test]
fn a_release_is_compared_with_the_calls_of_every_alias() {
    let shop = shop();
    assert_snapshot!(shop.run(&["validate", "--version", "v1.0.0", "--code", "app/answers.py"]), @r##"
    exit: 1
    --- stderr
    missing_variable

      × support 1.0.0 needs `issue`, which this call does not pass
        ╭─[app/answers.py:12:54]
     11 │ def try_out(name: str) -> str:
     12 │     return pm.get("support", version_or_alias="dev").format(customer_name=name)
        ·                                                      ┬
        ·                                                      ╰── here
        ╰────
    error: 1 mismatch with 1.0.0 (2 calls in 1 file read)
    "##);
}

#[test]
fn each_call_that_does_not_fit_is_named_with_its_place() {
    let shop = shop();
    let first = shop.sandbox.commit();
    shop.sandbox.write("prompts/support.yaml", SUPPORT_OF_A_COMPANY);
    shop.stdout(&["push", "--alias", "production"]);
    shop.sandbox.write(
        "src/main.rs",
        "fn main() {\n    let prompts = promptsync_client::PromptSync::builder(\"shop\").start_blocking().unwrap();\n    \
         let _ = prompts.get(\"greetings\", \"production\").fetch();\n    \
         let _ = prompts.get(\"support\", \"1.0.0\").fetch().unwrap().render(&json!({ \"issue\": 1 }));\n    \
         let _ = prompts.get(\"greeting\", \"7.0.0\").fetch();\n}\n",
    );
    assert_snapshot!(shop.run(&["validate", "--alias", "production"]), @r##"
    exit: 1
    --- stderr
    warning: web/greet.ts:3:92: greeting 1.0.0 does not read `mood`
    missing_variable

      × support 2.0.0 needs `company_name`, which this call does not pass
       ╭─[app/answers.py:8:19]
     7 │     prompt = pm.get_prompt("support@production")
     8 │     return prompt.format(customer_name=name, issue=issue)
       ·                   ┬
       ·                   ╰── here
     9 │ 
       ╰────
    prompt_missing

      × `greetings` is not offered
       ╭─[src/main.rs:3:25]
     2 │     let prompts = promptsync_client::PromptSync::builder("shop").start_blocking().unwrap();
     3 │     let _ = prompts.get("greetings", "production").fetch();
       ·                         ┬
       ·                         ╰── here
     4 │     let _ = prompts.get("support", "1.0.0").fetch().unwrap().render(&json!({ "issue": 1 }));
       ╰────
      help: `greeting` is: was it renamed?
    missing_variable

      × support 1.0.0 needs `customer_name`, which this call does not pass
       ╭─[src/main.rs:4:62]
     3 │     let _ = prompts.get("greetings", "production").fetch();
     4 │     let _ = prompts.get("support", "1.0.0").fetch().unwrap().render(&json!({ "issue": 1 }));
       ·                                                              ┬
       ·                                                              ╰── here
     5 │     let _ = prompts.get("greeting", "7.0.0").fetch();
       ╰────
    version_missing

      × `greeting` has no version 7.0.0
       ╭─[src/main.rs:5:25]
     4 │     let _ = prompts.get("support", "1.0.0").fetch().unwrap().render(&json!({ "issue": 1 }));
     5 │     let _ = prompts.get("greeting", "7.0.0").fetch();
       ·                         ┬
       ·                         ╰── here
     6 │ }
       ╰────
      help: 1.0.0 is offered
    error: 4 mismatches with production (6 calls in 3 files read)
    "##);
    let at_commit = shop.run(&["validate", "--git-commit", &first, "--alias", "production", "--code", "app"]);
    assert_snapshot!(at_commit.replace(&first[..7], "[COMMIT]"), @r##"
    exit: 1
    --- stderr
    variable_required_added

      × support: 2.0.0 is offered, and callers must now pass the variable `company_name`
       ╭─[[COMMIT]:prompts/support.yaml:1:1]
     1 │ content: |
       · ┬
       · ╰── here
     2 │   Hello {{ customer_name }}, about {{ issue }}.
       ╰────
    missing_variable

      × support 2.0.0 needs `company_name`, which this call does not pass
       ╭─[[COMMIT]:app/answers.py:8:19]
     7 │     prompt = pm.get_prompt("support@production")
     8 │     return prompt.format(customer_name=name, issue=issue)
       ·                   ┬
       ·                   ╰── here
     9 │ 
       ╰────
    error: 2 mismatches with production (2 calls in 1 file read)
    "##);
    let json = shop.run(&["validate", "--alias", "production", "--code", "app", "--json"]);
    assert_snapshot!(json, @r##"
    exit: 1
    --- stderr
    {
      "error": {
        "kind": "check",
        "code": "incompatible",
        "message": "1 mismatch with production (2 calls in 1 file read)",
        "hints": [],
        "problems": [
          {
            "code": "missing_variable",
            "message": "support 2.0.0 needs `company_name`, which this call does not pass",
            "file": "app/answers.py",
            "line": 8,
            "column": 19
          }
        ]
      }
    }
    "##);
}

#[test]
fn an_application_without_prompt_files_is_validated_by_its_calls() {
    let shop = shop();
    std::fs::remove_dir_all(shop.sandbox.path().join("prompts")).expect("a folder");
    assert_snapshot!(shop.run(&["validate", "--alias", "production"]), @r##"
    exit: 0
    --- stdout
    0 prompts, 0 pinned versions and 3 calls in 2 files fit production.
    --- stderr
    warning: web/greet.ts:3:92: greeting 1.0.0 does not read `mood`
    "##);
}

#[test]
fn without_a_registry_calls_are_compared_with_the_prompt_files() {
    let sandbox =
        Sandbox::with(&[("prompts/support.yaml", SUPPORT_OF_A_COMPANY), ("app/answers.py", PYTHON)]);
    assert_snapshot!(sandbox.run(&["validate"]), @r##"
    exit: 0
    --- stdout
    1 prompt is valid.
    "##);
    assert_snapshot!(sandbox.run(&["validate", "--code", "."]), @r##"
    exit: 1
    --- stderr
    missing_variable

      × support needs `company_name`, which this call does not pass
       ╭─[app/answers.py:8:19]
     7 │     prompt = pm.get_prompt("support@production")
     8 │     return prompt.format(customer_name=name, issue=issue)
       ·                   ┬
       ·                   ╰── here
     9 │ 
       ╰────
    missing_variable

      × support needs `company_name`, which this call does not pass
        ╭─[app/answers.py:12:54]
     11 │ def try_out(name: str) -> str:
     12 │     return pm.get("support", version_or_alias="dev").format(customer_name=name)
        ·                                                      ┬
        ·                                                      ╰── here
        ╰────
    missing_variable

      × support needs `issue`, which this call does not pass
        ╭─[app/answers.py:12:54]
     11 │ def try_out(name: str) -> str:
     12 │     return pm.get("support", version_or_alias="dev").format(customer_name=name)
        ·                                                      ┬
        ·                                                      ╰── here
        ╰────
    error: 3 mismatches with the prompt files (2 calls in 1 file read)
    "##);
    sandbox.write("prompts/support.yaml", "content: \"{{ customer_name }}, {{ issue | default('x') }}\"\n");
    assert_snapshot!(sandbox.run(&["validate", "--code", "app", "--code", "app/answers.py"]), @r##"
    exit: 0
    --- stdout
    1 prompt is valid, and 2 calls in 1 file fit.
    "##);
    assert_snapshot!(sandbox.run(&["validate", "--code", "nowhere"]), @r##"
    exit: 3
    --- stderr
    error: cannot read nowhere: No such file or directory (os error 2)
    "##);
    assert_snapshot!(sandbox.run(&["validate", "--code", "prompts"]), @r##"
    exit: 0
    --- stdout
    1 prompt is valid, and 0 calls in 0 files fit.
    "##);
}

#[test]
fn what_git_ignores_is_not_read_and_a_commit_is_read_as_it_was() {
    let sandbox = Sandbox::with(&[
        ("prompts/support.yaml", SUPPORT),
        ("app/answers.py", "import promptsync\npromptsync.get('one')\n"),
        ("app/made/answers.py", "import promptsync\npromptsync.get('two')\n"),
        ("app/tests/answers.py", "import promptsync\npromptsync.get('of_a_test')\n"),
        (".gitignore", "made/\n"),
    ]);
    let first = sandbox.commit();
    let code = |args: &[&str]| {
        let shown =
            sandbox.run(&[&["validate", "--code", "app"], args].concat()).replace(&first[..7], "[COMMIT]");
        let names = shown.lines().filter(|line| line.contains("×") || line.contains("─["));
        names.map(str::trim).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(code(&[]), @r##"
    × `one` is not offered
    ╭─[app/answers.py:2:16]
    "##);
    sandbox.write("app/answers.py", "import promptsync\n\npromptsync.get('three')\n");
    sandbox.write("app/new.py", "import promptsync\npromptsync.get('four')\n");
    assert_snapshot!(code(&[]), @r##"
    × `three` is not offered
    ╭─[app/answers.py:3:16]
    × `four` is not offered
    ╭─[app/new.py:2:16]
    "##);
    assert_snapshot!(code(&["--git-commit", "HEAD"]), @r##"
    × `one` is not offered
    ╭─[[COMMIT]:app/answers.py:2:16]
    "##);
    assert_snapshot!(code(&["--code", "app/tests"]), @r##"
    × `three` is not offered
    ╭─[app/answers.py:3:16]
    × `four` is not offered
    ╭─[app/new.py:2:16]
    × `of_a_test` is not offered
    ╭─[app/tests/answers.py:2:16]
    "##);
    assert_snapshot!(code(&["--code", "app/tests", "--git-commit", "HEAD"]), @r##"
    × `one` is not offered
    ╭─[[COMMIT]:app/answers.py:2:16]
    × `of_a_test` is not offered
    ╭─[[COMMIT]:app/tests/answers.py:2:16]
    "##);
}

#[test]
fn a_path_that_a_commit_does_not_have_is_an_error() {
    let sandbox = Sandbox::with(&[("prompts/support.yaml", SUPPORT)]);
    let commit = sandbox.commit();
    let shown = sandbox.run(&["validate", "--git-commit", "HEAD", "--code", "nowhere"]);
    assert_snapshot!(shown.replace(&commit[..7], "[COMMIT]"), @r##"
    exit: 3
    --- stderr
    error: the commit [COMMIT] has no nowhere
    "##);
}

#[test]
fn a_source_that_a_program_wrote_is_skipped_with_the_reason() {
    let sandbox = Sandbox::with(&[("prompts/support.yaml", SUPPORT)]);
    sandbox.write("app/all.js", format!("import 'promptsync';{}", "x;".repeat(6000)));
    sandbox.write("app/large.py", format!("import promptsync\n{}", "x = 1\n".repeat(200_000)));
    sandbox.write("app/elsewhere.js", "x;".repeat(6000));
    sandbox.write("app/bytes.py", b"import promptsync\n\xff\xfe\x00(promptsync.get(".as_slice());
    assert_snapshot!(sandbox.run(&["validate", "--code", "app"]), @r##"
    exit: 0
    --- stdout
    1 prompt is valid, and 0 calls in 0 files fit.
    --- stderr
    warning: app/all.js is not read: it has a line of more than 10000 bytes, so a program wrote it
    warning: app/large.py is not read: it is larger than 1048576 bytes
    "##);
}

#[test]
fn a_client_that_another_file_makes_is_followed_on_disk_and_at_a_commit() {
    let sandbox = Sandbox::with(&[
        ("prompts/support.yaml", SUPPORT),
        ("app/__init__.py", "from .llm import pm as prompts\n"),
        ("app/llm.py", "from promptsync import PromptManager\n\npm = PromptManager()\n"),
        ("app/routes/support.py", "from app import prompts\n\nprompts.get('support').format(issue='late')\n"),
        (
            "web/llm.ts",
            "import { PromptSync } from 'promptsync';\nclass Prompts extends PromptSync {}\nexport default new Prompts();\n",
        ),
        ("web/greet.ts", "import pm from './llm.js';\n(await pm.get('greeting')).format({});\n"),
        ("web/settings.ts", "import { settings } from './other.js';\nsettings.get('none');\n"),
    ]);
    let first = sandbox.commit();
    assert_snapshot!(sandbox.run(&["validate", "--code", "."]), @r##"
    exit: 1
    --- stderr
    missing_variable

      × support needs `customer_name`, which this call does not pass
       ╭─[app/routes/support.py:3:24]
     2 │ 
     3 │ prompts.get('support').format(issue='late')
       ·                        ┬
       ·                        ╰── here
       ╰────
    prompt_missing

      × `greeting` is not offered
       ╭─[web/greet.ts:2:15]
     1 │ import pm from './llm.js';
     2 │ (await pm.get('greeting')).format({});
       ·               ┬
       ·               ╰── here
       ╰────
    error: 2 mismatches with the prompt files (2 calls in 2 files read)
    "##);
    sandbox.write("app/llm.py", "pm = {}\n");
    sandbox.write(
        "web/greet.ts",
        "import pm from './llm.js';\n(await pm.get('support')).format({ customer_name, issue });\n",
    );
    assert_snapshot!(sandbox.run(&["validate", "--code", "app", "--code", "web"]), @r##"
    exit: 0
    --- stdout
    1 prompt is valid, and 1 call in 1 file fit.
    "##);
    let at_commit = sandbox.run(&["validate", "--git-commit", &first, "--code", "app", "--code", "web"]);
    assert_snapshot!(at_commit.replace(&first[..7], "[COMMIT]"), @r##"
    exit: 1
    --- stderr
    missing_variable

      × support needs `customer_name`, which this call does not pass
       ╭─[[COMMIT]:app/routes/support.py:3:24]
     2 │ 
     3 │ prompts.get('support').format(issue='late')
       ·                        ┬
       ·                        ╰── here
       ╰────
    prompt_missing

      × `greeting` is not offered
       ╭─[[COMMIT]:web/greet.ts:2:15]
     1 │ import pm from './llm.js';
     2 │ (await pm.get('greeting')).format({});
       ·               ┬
       ·               ╰── here
       ╰────
    error: 2 mismatches with the prompt files (2 calls in 2 files read)
    "##);
    // What is not read leads nowhere.
    let one = sandbox.run(&["validate", "--git-commit", &first, "--code", "app/routes"]);
    assert_snapshot!(one.replace(&first[..7], "[COMMIT]"), @r##"
    exit: 0
    --- stdout
    1 prompt is valid, and 0 calls in 0 files fit.
    "##);
}
