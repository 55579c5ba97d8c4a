use super::read;
use crate::files::place_in_file;

#[test]
fn a_place_in_a_template_is_found_in_the_file() {
    // File, text, field, line and column in the field: the `1` of the file must stand there.
    let cases: &[(&str, &str, &str, (u32, u32))] = &[
        ("a.txt", "one\ntwo\nab1", "content", (3, 3)),
        ("a.md", "---\ndescription: d\ntags: [a]\n---\none\nab1", "content", (2, 3)),
        ("a.md", "---\n{}\n---\n1", "content", (1, 1)),
        ("a.yaml", "content: |\n  one\n  ab1", "content", (2, 3)),
        ("a.yaml", "# c\ncontent: |-\n    1\n", "content", (1, 1)),
        ("a.yaml", "content: |2\n    one\n  ab1", "content", (2, 3)),
        ("a.yaml", "content: |\n\n\n  ab1", "content", (3, 3)),
        ("a.yaml", "content: |  # header\n  é1", "content", (1, 2)),
        ("a.yaml", "content: ab1", "content", (1, 3)),
        ("a.yaml", "content: \"ab1\"", "content", (1, 3)),
        ("a.yaml", "content: 'ab1'", "content", (1, 3)),
        ("a.yaml", "content:\n  ab1", "content", (1, 3)),
        ("a.yaml", "content: \"one\\nab1\"", "content", (2, 3)),
        ("a.yaml", "content: \"one\n\n  ab1\"", "content", (2, 3)),
        ("a.yaml", "content: 'one\n\n\n   ab1'", "content", (3, 3)),
        ("a.yaml", "content: one\n\n   ab1", "content", (2, 3)),
        ("a.yaml", "content: >\n  one\n  two\n\n  ab1\n", "content", (2, 3)),
        (
            "a.yaml",
            "messages:\n  - role: user\n    content: |\n      one\n      ab1",
            "messages[0].content",
            (2, 3),
        ),
        ("a.yaml", "messages:\n  - system: x\n  - user: ab1", "messages[1].content", (1, 3)),
        (
            "a.yaml",
            "content: x\nvariants:\n  - tags: {a: b}\n    content: |\n      one\n      ab1",
            "variants[0].content",
            (2, 3),
        ),
        ("a.yaml", "content: x\nmodels:\n  gpt-4.1: ab1", "models.gpt-4.1.content", (1, 3)),
        ("a.yaml", "content: x\nmodels:\n  gpt-4.1: ab1", "models.gpt-4.1", (1, 3)),
        ("a.yaml", "content: x\npartials:\n  foot: |\n    one\n    ab1", "partials.foot", (2, 3)),
        ("a.yaml", "content: &t |\n  one\n  ab1\npartials: {foot: *t}", "partials.foot", (2, 3)),
        (
            "a.yaml",
            "prompts:\n  - id: a\n    template:\n      content: |\n        one\n        ab1",
            "content",
            (2, 3),
        ),
        ("a.json", "{\n  \"content\": \"one\\nab1\"\n}", "content", (2, 3)),
        ("a.json", "{\"content\": \"one\\r\\nab1\"}", "content", (2, 3)),
        (
            "a.json",
            "{\"messages\": [{\"role\": \"user\", \"content\": \"é ab1\"}]}",
            "messages[0].content",
            (1, 5),
        ),
    ];
    let mut wrong = Vec::new();
    for (path, text, field, (line, column)) in cases {
        let (file_line, file_column) = place_in_file(&read(path, text), field, *line, *column);
        let found =
            text.lines().nth(file_line as usize - 1).and_then(|l| l.chars().nth(file_column as usize - 1));
        if found != Some('1') {
            wrong.push((text, file_line, file_column, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn line_ends_of_windows_and_byte_order_marks_do_not_move_places() {
    let draft = read("a.yaml", "\u{feff}content: |\r\n  one\r\n  ab1\r\n");
    assert_eq!(place_in_file(&draft, "content", 2, 3), (3, 5));
}

#[test]
fn a_field_that_is_not_in_the_file_is_shown_at_its_start() {
    let draft = read("a.txt", "hello");
    assert_eq!(place_in_file(&draft, "messages[3].content", 2, 2), (1, 1));
}

#[test]
fn declarations_have_places() {
    let draft = read("a.yaml", "content: x\nvariables:\n  name: string\n  issue: {type: string}\n");
    assert_eq!(place_in_file(&draft, "variables.issue", 1, 1), (4, 3));
    let draft = read("a.yaml", "content: x\nvariables: [name, issue]\n");
    assert_eq!(place_in_file(&draft, "variables.issue", 1, 1), (2, 19));
}
