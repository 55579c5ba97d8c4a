use promptsync_callsites::{LARGEST, LONGEST_LINE, Language, Skipped, calls, read};
use proptest::prelude::*;

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

proptest! {
    #[test]
    fn no_text_is_a_panic(text in any::<String>()) {
        for language in Language::ALL {
            let _ = calls(language, &text);
        }
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

const PARTS: &[&str] = &[
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
