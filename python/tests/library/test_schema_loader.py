"""Data against schemas: each type and each rule is enforced."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from promptsync.library import Schema, SchemaLoader, SchemaParseError, SchemaValidationError


def loader_of(*schemas: dict[str, Any]) -> SchemaLoader:
    """Give a loader with these schemas."""
    loader = SchemaLoader()
    for schema in schemas:
        loader.register_schema(schema)
    return loader


def checked(field: dict[str, Any], value: Any) -> Any:
    """Check one value as the field ``x`` of a schema."""
    loader = loader_of({"name": "s", "fields": [{"name": "x", **field}]})
    return loader.validate_data("s", {"x": value})["x"]


RIGHT: list[tuple[dict[str, Any], Any, Any]] = [
    ({"type": "string"}, "a", "a"),
    ({"type": "integer"}, "7", 7),
    ({"type": "integer"}, 1.0, 1),
    ({"type": "float"}, "1.5", 1.5),
    ({"type": "boolean"}, "yes", True),
    ({"type": "boolean"}, 0, False),
    ({"type": "list", "item_type": "integer"}, ("1", 2), [1, 2]),
    ({"type": "list", "item_type": "string"}, [], []),
    ({"type": "dict"}, {"a": 1}, {"a": 1}),
    ({"type": "any"}, None, None),
    ({"type": "any"}, [object], [object]),
    ({"type": "enum", "validators": [{"type": "enum", "allowed_values": ["a", 1]}]}, "a", "a"),
    ({"type": "string", "nullable": True, "validators": [{"type": "email"}]}, None, None),
    ({"type": "list", "item_type": "enum", "validators": [{"type": "enum", "allowed_values": ["a"]}]}, ["a"], ["a"]),
]


@pytest.mark.parametrize(("field", "value", "result"), RIGHT)
def test_a_right_value_is_converted(field: dict[str, Any], value: Any, result: Any) -> None:
    assert checked(field, value) == result


WRONG: list[tuple[dict[str, Any], Any]] = [
    ({"type": "string"}, 1),
    ({"type": "integer"}, 1.5),
    ({"type": "integer"}, "one"),
    ({"type": "float"}, "x"),
    ({"type": "boolean"}, "perhaps"),
    ({"type": "list", "item_type": "integer"}, ["x"]),
    ({"type": "list", "item_type": "string"}, "abc"),
    ({"type": "dict"}, []),
    ({"type": "string"}, None),
    ({"type": "enum", "validators": [{"type": "enum", "allowed_values": [1]}]}, True),
    ({"type": "enum", "validators": [{"type": "enum", "allowed_values": ["a"]}]}, "b"),
    ({"type": "enum"}, "anything"),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_value_is_refused(field: dict[str, Any], value: Any) -> None:
    with pytest.raises(SchemaValidationError, match="Validation failed for schema 's'"):
        checked(field, value)


# Type of the field, the rule, a value that meets it, one that does not.
RULES: list[tuple[str, dict[str, Any], Any, Any]] = [
    ("string", {"type": "min_length", "min_value": 2}, "ab", "a"),
    ("string", {"type": "min_length", "value": 2}, "ab", "a"),
    ("string", {"type": "max_length", "max_value": 2}, "ab", "abc"),
    ("list", {"type": "min_length", "min_value": 1}, ["a"], []),
    ("list", {"type": "max_length", "max_value": 1}, ["a"], ["a", "b"]),
    ("dict", {"type": "min_length", "min_value": 1}, {"a": 1}, {}),
    ("dict", {"type": "max_length", "max_value": 1}, {"a": 1}, {"a": 1, "b": 2}),
    ("integer", {"type": "min_value", "min_value": 0}, 0, -1),
    ("integer", {"type": "max_value", "value": 5}, 5, 6),
    ("float", {"type": "range", "min_value": 0, "max_value": 1}, 0.5, 1.5),
    ("float", {"type": "range", "min_value": 0, "max_value": 1}, 1, float("nan")),
    ("integer", {"type": "range", "min_value": 0, "max_value": 1}, 1, 2),
    ("string", {"type": "regex", "pattern": "b+"}, "abb", "aaa"),
    ("string", {"type": "regex", "pattern": "^a(?=b)"}, "ab", "ac"),
    ("list", {"type": "regex", "pattern": "^a"}, ["a", "ab"], ["a", "b"]),
    ("string", {"type": "enum", "allowed_values": ["a", "b"]}, "a", "c"),
    ("list", {"type": "enum", "allowed_values": ["a", "b"]}, ["a", "b"], ["a", "c"]),
    ("string", {"type": "email"}, "first.last@example.org", "first.last@example"),
    ("string", {"type": "url"}, "https://example.org/a?b=c", "ftp://example.org"),
    ("string", {"type": "uuid"}, "12345678-1234-5678-1234-567812345678", "1234"),
    ("string", {"type": "date"}, "2024-02-29", "2023-02-29"),
    ("string", {"type": "datetime"}, "2024-02-29T10:00:00Z", "2024-02-29"),
    ("string", {"type": "custom", "custom_function": str.islower}, "abc", "Abc"),
]


@pytest.mark.parametrize(("kind", "rule", "right", "wrong"), RULES)
def test_a_rule_is_enforced_and_speaks_with_its_own_message(
    kind: str, rule: dict[str, Any], right: Any, wrong: Any
) -> None:
    field = {"type": kind, "validators": [{**rule, "error_message": "Not like this!"}]}
    if kind == "list":
        field["item_type"] = "string"
    assert checked(field, right) == right
    with pytest.raises(SchemaValidationError, match="Not like this!"):
        checked(field, wrong)
    del field["validators"][0]["error_message"]  # type: ignore[attr-defined]
    with pytest.raises(SchemaValidationError, match="x"):
        checked(field, wrong)


def test_every_kind_of_rule_is_in_the_table() -> None:
    from promptsync.library import ValidationType

    assert {rule["type"] for _, rule, _, _ in RULES} == {kind.value for kind in ValidationType}


def test_a_named_function_has_to_be_registered_and_is_never_imported() -> None:
    loader = loader_of(
        {
            "name": "s",
            "fields": [
                {
                    "name": "x",
                    "type": "string",
                    "validators": [{"type": "custom", "custom_function": "os.path.isabs"}],
                }
            ],
        }
    )
    with pytest.raises(SchemaValidationError, match="register_validator"):
        loader.validate_data("s", {"x": "/"})
    loader.register_validator("os.path.isabs", lambda value: value == "/")
    assert loader.validate_data("s", {"x": "/"}) == {"x": "/"}
    with pytest.raises(SchemaValidationError):
        loader.validate_data("s", {"x": "/tmp"})


ADDRESS = {"name": "address", "fields": [{"name": "city", "type": "string"}, {"name": "zip", "type": "integer"}]}


def test_items_and_nested_fields_meet_their_schema_and_errors_say_where() -> None:
    person = {
        "name": "person",
        "fields": [
            {"name": "home", "type": "dict", "nested_schema": "address"},
            {"name": "others", "type": "list", "item_schema": "address"},
        ],
    }
    loader = loader_of(person, ADDRESS)
    data = {"home": {"city": "A", "zip": "1"}, "others": [{"city": "B", "zip": 2}]}
    assert loader.validate_data("person", data) == {
        "home": {"city": "A", "zip": 1},
        "others": [{"city": "B", "zip": 2}],
    }
    with pytest.raises(SchemaValidationError) as caught:
        loader.validate_data("person", {"home": {"city": "A"}, "others": [{"city": "B", "zip": "x"}, {"more": 1}]})
    problems = caught.value.context["errors"]
    assert {problem.partition(":")[0] for problem in problems} == {
        "home.zip",
        "others.0.zip",
        "others.1.city",
        "others.1.zip",
        "others.1.more",
    }


def test_a_nested_schema_that_is_not_loaded_is_named() -> None:
    loader = loader_of({"name": "s", "fields": [{"name": "x", "type": "dict", "nested_schema": "absent"}]})
    with pytest.raises(SchemaValidationError, match="'absent' is not loaded"):
        loader.validate_data("s", {"x": {}})


TREE = {
    "name": "tree",
    "fields": [
        {"name": "value", "type": "integer"},
        {"name": "children", "type": "list", "item_schema": "tree", "required": False, "default": []},
    ],
}


def test_a_schema_may_refer_to_itself() -> None:
    loader = loader_of(TREE)
    data = {"value": 1, "children": [{"value": 2, "children": [{"value": "3"}]}]}
    assert loader.validate_data("tree", data)["children"][0]["children"][0]["value"] == 3
    with pytest.raises(SchemaValidationError, match=r"children\.0\.children\.0\.value"):
        loader.validate_data("tree", {"value": 1, "children": [{"value": 2, "children": [{"value": "x"}]}]})


def test_data_without_end_is_refused() -> None:
    data: dict[str, Any] = {"value": 1}
    data["children"] = [data]
    with pytest.raises(SchemaValidationError, match="deeper than 32"):
        loader_of(TREE).validate_data("tree", data)


def test_extra_keys_are_refused_when_strict_and_kept_when_not() -> None:
    fields = [{"name": "a", "type": "any"}]
    loader = loader_of({"name": "s", "fields": fields}, {"name": "l", "fields": fields, "strict": False})
    with pytest.raises(SchemaValidationError, match="b: Extra inputs"):
        loader.validate_data("s", {"a": 1, "b": 2})
    assert loader.validate_data("l", {"a": 1, "b": 2}) == {"a": 1, "b": 2}


def test_what_is_absent_gets_its_default_or_null_unless_it_is_required() -> None:
    loader = loader_of(
        {
            "name": "s",
            "fields": [
                {"name": "must", "type": "string", "nullable": True},
                {"name": "age", "type": "integer", "required": False},
                {"name": "tags", "type": "list", "item_type": "string", "required": False, "default": ["x"]},
            ],
        }
    )
    assert loader.validate_data("s", {"must": None}) == {"must": None, "age": None, "tags": ["x"]}
    loader.validate_data("s", {"must": None})["tags"].append("changed")
    assert loader.validate_data("s", {"must": None})["tags"] == ["x"]
    with pytest.raises(SchemaValidationError, match="must: Field required"):
        loader.validate_data("s", {})


def test_a_default_has_to_be_right_too() -> None:
    loader = loader_of({"name": "s", "fields": [{"name": "n", "type": "integer", "default": "many"}]})
    with pytest.raises(SchemaValidationError, match="n: "):
        loader.validate_data("s", {})


@pytest.mark.parametrize(
    "name", ["_private", "model_dump", "copy", "json", "schema", "class", "with-hyphen", "1st", "é"]
)
def test_a_field_may_have_any_name(name: str) -> None:
    loader = loader_of({"name": "s", "fields": [{"name": name, "type": "integer"}]})
    assert loader.validate_data("s", {name: "1"}) == {name: 1}
    with pytest.raises(SchemaValidationError, match=name):
        loader.validate_data("s", {})


def test_a_schema_has_the_fields_that_it_inherits() -> None:
    base = {"name": "base", "fields": [{"name": "a", "type": "integer"}, {"name": "b", "type": "string"}]}
    child = {"name": "child", "extends": "base", "fields": [{"name": "b", "type": "integer"}]}
    loader = loader_of(child, base)
    assert loader.validate_data("child", {"a": 1, "b": 2}) == {"a": 1, "b": 2}
    with pytest.raises(SchemaValidationError, match="a: Field required"):
        loader.validate_data("child", {"b": 2})
    loader.register_schema({**base, "extends": "child"})
    with pytest.raises(SchemaValidationError, match="itself"):
        loader.validate_data("child", {"a": 1, "b": 2})


def test_replacing_a_schema_takes_effect_at_once() -> None:
    loader = loader_of({"name": "s", "fields": [{"name": "x", "type": "integer"}]})
    assert loader.validate_data("s", {"x": 1}) == {"x": 1}
    loader.register_schema({"name": "s", "fields": [{"name": "x", "type": "string"}]})
    assert loader.validate_data("s", {"x": "a"}) == {"x": "a"}


def test_an_error_quotes_no_value() -> None:
    loader = loader_of(
        {
            "name": "s",
            "fields": [
                {"name": "a", "type": "integer"},
                {"name": "b", "type": "string", "validators": [{"type": "range", "min_value": 1, "max_value": 2}]},
                {"name": "c", "type": "string", "validators": [{"type": "url"}]},
            ],
        }
    )
    with pytest.raises(SchemaValidationError) as caught:
        loader.validate_data("s", {"a": "hunter2", "b": "hunter2", "c": "hunter2", "d": "hunter2"})
    error: BaseException | None = caught.value
    while error is not None:
        assert "hunter2" not in str(error) and "hunter2" not in repr(error)
        error = error.__cause__ or error.__context__


def test_a_pattern_that_is_none_makes_the_schema_unusable_and_is_shown() -> None:
    rules = [{"type": "regex", "pattern": "("}]
    loader = loader_of({"name": "s", "fields": [{"name": "x", "type": "string", "validators": rules}]})
    with pytest.raises(SchemaValidationError, match="is no regular expression"):
        loader.validate_data("s", {"x": "a"})


def test_a_pattern_that_backtracks_without_end_elsewhere_answers_at_once() -> None:
    assert checked({"type": "string", "validators": [{"type": "regex", "pattern": "^(a+)+$"}]}, "a" * 5000)
    with pytest.raises(SchemaValidationError):
        checked({"type": "string", "validators": [{"type": "regex", "pattern": "^(a+)+$"}]}, "a" * 5000 + "b")


def test_an_unknown_schema_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="Schema 'absent' not found"):
        SchemaLoader().validate_data("absent", {})


def test_the_model_of_a_schema_checks_on_its_own() -> None:
    schema = Schema.model_validate({"name": "s", "fields": [{"name": "x", "type": "integer"}]})
    model = SchemaLoader().create_pydantic_model(schema, model_name="Mine")
    assert model.__name__ == "Mine"
    assert model.model_validate({"x": "1"}).model_dump(by_alias=True) == {"x": 1}
    with pytest.raises(ValidationError):
        model.model_validate({})


def test_threads_may_check_while_schemas_come_and_go() -> None:
    loader = loader_of({"name": "s", "fields": [{"name": "x", "type": "integer"}]})
    failures: list[BaseException] = []

    def check() -> None:
        try:
            for number in range(200):
                assert loader.validate_data("s", {"x": number}) == {"x": number}
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=check) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(50):
        loader.register_schema({"name": f"other{number}", "fields": [{"name": "y", "type": "any"}]})
    for thread in threads:
        thread.join()
    assert failures == []


FILE = "version: 1.0.0\nschemas:\n  - name: s\n    fields:\n      - {name: x, type: string}\n"


def test_files_are_loaded_one_by_one_and_by_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(FILE)
    (tmp_path / "b.yml").write_text("name: alone\nfields:\n  - {name: y, type: any}\n")
    (tmp_path / "bad.yaml").write_text("schemas: [{name: 'not good'}]")
    loader = SchemaLoader()
    assert [schema.name for schema in loader.load_file(str(tmp_path / "a.yaml")).schemas] == ["s"]
    assert len(loader.load_directory(tmp_path)) == 2
    assert loader.get_schema("alone") is not None and loader.get_schema("not good") is None
    loader.clear_cache()
    assert loader.get_schema("s") is None


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", SchemaParseError, "Empty YAML file"),
        ("a: [", SchemaParseError, "Invalid YAML syntax"),
        ("schemas: 1", SchemaValidationError, "Failed to validate schema"),
        (FILE + "  - name: s\n    fields:\n      - {name: x, type: string}\n", SchemaValidationError, "unique"),
        (FILE + "more: 1\n", SchemaValidationError, "more"),
    ],
)
def test_a_bad_file_says_what_is_wrong(text: str, error: type[Exception], words: str, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(error, match=words):
        SchemaLoader().load_file(tmp_path / "s.yaml")
    with pytest.raises(SchemaValidationError):
        SchemaLoader().load_file(tmp_path / "absent.yaml")


def test_the_example_file_can_be_loaded_and_used(tmp_path: Path) -> None:
    SchemaLoader.create_example_schema(tmp_path / "example.yaml")
    loader = SchemaLoader()
    loader.load_file(tmp_path / "example.yaml")
    ticket = loader.validate_data("ticket", {"title": "Help me", "email": "a@example.org"})
    assert ticket == {
        "title": "Help me",
        "email": "a@example.org",
        "urgency": "normal",
        "age_in_days": None,
        "labels": [],
    }
