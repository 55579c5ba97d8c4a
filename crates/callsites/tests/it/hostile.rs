use promptsync_callsites::{LARGEST, LONGEST_LINE, Language, Skipped};
use proptest::prelude::*;

use crate::{calls, read, said_among};

/// Deeper than any stack would hold, had each level a frame.
const DEEP: usize = 10_000;

/// Lines, so that the source does not look like a program's.
fn nested(open: &str, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", format!("{open}\n").repeat(DEEP), format!("\n{close}").repeat(DEEP))
}

#[test]
fn deep_nesting_is_read_without_a_deep_stack() {
    for language in Language::ALL {
        for (open, close) in
            [("(", ")"), ("[", "]"), ("{", "}"), ("a(", ")"), ("a.", ""), ("-", ""), ("f(|x| {", "})")]
        {
            let source = format!("import promptsync\nx = {}", nested(open, "promptsync.get('x')", close));
            let _ = calls(language, &source);
        }
    }
    let python = format!("import promptsync\nx = {}\n", nested("(", "promptsync.get('x')", ")"));
    assert_eq!(calls(Language::Python, &python).len(), 1);
}

#[test]
fn long_chains_and_rings_of_names_end() {
    let chain = format!("import promptsync\nx = promptsync{}.get('x')\n", ".get('a')\n".repeat(DEEP));
    let _ = calls(Language::Python, &chain);
    let names: String =
        (0..2000).map(|n| format!("def f{n}(): pass\na{n} = a{0} or a{0}\n", n + 1)).collect();
    let ring = format!("import promptsync\n{names}a2000 = a0 or a0\ndef f():\n    a0.get('x')\n");
    assert_eq!(calls(Language::Python, &ring), []);
}

#[test]
fn many_calls_and_variables_are_bounded() {
    let many = format!("import promptsync\n{}", "promptsync.get('x')\n".repeat(20_000));
    assert!(calls(Language::Python, &many).len() <= 4096);
    let wide: String = (0..3000).map(|n| format!("\"a{n}\": 1,\n")).collect();
    let source = format!(
        "fn f(p: promptsync::PromptSync) {{ let v = json!({{{wide}}});\n{} }}",
        "p.get(\"x\", \"y\").render(&v);\n".repeat(3000)
    );
    let found = calls(Language::Rust, &source);
    let filled = found[0].filled.as_ref().unwrap();
    assert!(filled.open && filled.variables.len() <= 256);
}

#[test]
fn what_a_program_wrote_is_skipped_with_a_reason() {
    let import = "import promptsync\n";
    let filled = |unit: &str, length: usize| format!("{import}{}", unit.repeat(length / unit.len()));
    for (source, expected) in [
        (filled("x\n", LARGEST - import.len()), Ok(Vec::new())),
        (filled("x\n", LARGEST), Err(Skipped::TooLarge)),
        (filled("x", LONGEST_LINE), Ok(Vec::new())),
        (filled("x", LONGEST_LINE + 1), Err(Skipped::Minified)),
        ("x".repeat(LARGEST + 1), Ok(Vec::new())),
    ] {
        assert_eq!(read(Language::Python, &source), expected);
    }
    assert_eq!(Skipped::TooLarge.to_string(), "it is larger than 1048576 bytes");
}

#[test]
fn files_that_import_each_other_in_a_ring_end() {
    let file = |number: usize, next: usize| match number {
        0 => (format!("a{number}.py"), format!("import promptsync\nfrom a{next} import pm\npm.get('x')\n")),
        _ => {
            (format!("a{number}.py"), format!("from a{next} import *\nfrom a{next} import pm\npm.get('x')\n"))
        }
    };
    let ring: Vec<_> = (0..DEEP).map(|number| file(number, (number + 1) % DEEP)).collect();
    let ring: Vec<_> = ring.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(said_among(&ring), [""; 0]);
    let with_client =
        [&[("a0.py", "import promptsync\nfrom a1 import b\npm = promptsync.PromptManager()")], &ring[1..]];
    assert_eq!(said_among(&with_client.concat()).len(), DEEP - 1);
}

#[test]
fn many_imports_of_many_files_end() {
    let all: String = (0..120).map(|n| format!("from .a{n} import *\nfrom .a{n} import b{n}, c\n")).collect();
    let text = format!("import promptsync\n{all}{}", "b1.get('x')\nunknown.get('x')\n".repeat(200));
    let paths: Vec<String> = (0..120).map(|n| format!("app/a{n}.py")).collect();
    let files: Vec<_> = paths.iter().map(|path| (path.as_str(), text.as_str())).collect();
    assert_eq!(said_among(&files[..20]), [""; 0]);
    let small: Vec<_> = files.iter().map(|(path, _)| (*path, all.as_str())).collect();
    assert_eq!(
        said_among(&[&[("app/a0.py", "import promptsync\npm = promptsync.Client()")], &small[1..]].concat()),
        [""; 0]
    );
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in any::<String>()) {
        for language in Language::ALL {
            let _ = calls(language, &text);
        }
    }

    #[test]
    fn no_application_is_a_panic(
        files in prop::collection::vec((prop::sample::select(PATHS), prop::collection::vec(prop::sample::select(PARTS), 0..30)), 0..6),
    ) {
        let files: Vec<_> = files.into_iter().map(|(path, parts)| (path, parts.concat())).collect();
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let _ = said_among(&files);
    }

    #[test]
    fn no_mixture_of_the_languages_is_a_panic(parts in prop::collection::vec(prop::sample::select(PARTS), 0..40)) {
        let source = parts.concat();
        for language in Language::ALL {
            for call in calls(language, &source) {
                prop_assert!(call.at.line >= 1 && call.at.column >= 1);
                let line = source.lines().nth(call.at.line as usize - 1).unwrap_or_default();
                prop_assert!(call.at.column as usize <= line.chars().count() + 1);
            }
        }
    }
}

const PATHS: &[&str] =
    &["a.py", "b/a.py", "b/__init__.py", "../b.py", "/a.py", "a.ts", "b/a.tsx", "b/index.js", "a.rs"];

const PARTS: &[&str] = &[
    "from .a import p\n",
    "from a import *\n",
    "from ... import (p, \\\n",
    "import b.a\n",
    "import p from './a';\n",
    "export { p as q } from '../b';\n",
    "export * from '.';\n",
    "export default ",
    "return ",
    "lambda: ",
    "class P(P):\n",
    "class P extends P {",
    "import promptsync\n",
    "from promptsync import PromptManager as P\n",
    "import { PromptSync } from 'promptsync';\n",
    "use promptsync::{PromptSync};\n",
    "p = ",
    "let p = ",
    "const p = ",
    "promptsync",
    "PromptSync",
    "P()",
    "new ",
    ".get('x')",
    ".get(\"ä@b\", ",
    ".format(",
    "a=1",
    "**m",
    "...m",
    "{a: 1}",
    "{\"a\": 1}",
    "json!({\"a\": 1})",
    "println!(",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "\n",
    "    ",
    ";",
    ",",
    "'",
    "\"",
    "`",
    "${",
    "self.p",
    "this.p",
    "def f(p: P):\n",
    "fn f(p: &PromptSync) {",
    "class A:\n",
    "class A {",
    "=>",
    "await ",
    "|",
    ":",
    "#",
    "//",
    "/*",
    "*/",
    "\u{feff}",
    "\r\n",
    "€",
];
