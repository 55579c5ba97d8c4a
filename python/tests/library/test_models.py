"""Prompts, schemas and what they are made of."""

from __future__ import annotations

import pickle
from datetime import timedelta, timezone
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from promptsync.library import (
    FieldValidator,
    Message,
    Prompt,
    PromptFormat,
    PromptMetadata,
    PromptSchema,
    PromptStatus,
    PromptTemplate,
    PromptVersion,
    Role,
    Schema,
    SchemaField,
    SchemaRegistry,
    ValidationSchema,
)
from promptsync.library.prompts import checksum_of, copied
from promptsync.library.version_numbers import next_version, parse_version

from .library_prompts import chat_prompt, text_prompt

TEXT = {"id": "a", "format": "text", "template": {"content": "A"}}
MESSAGES = {"messages": [{"role": "user", "content": "Hi"}]}
FIELD = {"name": "x", "type": "string"}

REFUSED: list[tuple[type[BaseModel], dict[str, Any], str]] = [
    (Prompt, {"id": "a", "format": "chat"}, "CHAT format requires chat_template"),
    (Prompt, {"id": "a", "format": "text"}, "TEXT format requires template"),
    (Prompt, {"id": "a", "format": "completion"}, "COMPLETION format requires template"),
    (Prompt, {**TEXT, "chat_template": MESSAGES}, "TEXT format cannot have chat_template"),
    (Prompt, {**TEXT, "format": "chat", "chat_template": MESSAGES}, "CHAT format cannot have template"),
    (Prompt, {**TEXT, "id": ""}, "id"),
    (Prompt, {**TEXT, "id": "a" * 256}, "id"),
    (Prompt, {**TEXT, "more": 1}, "more"),
    (Prompt, {**TEXT, "version": "1.0"}, "version"),
    (Prompt, {**TEXT, "version": "1.0.0\n"}, "version"),
    (Prompt, {**TEXT, "version": "1.0.0-beta"}, "version"),
    (Prompt, {**TEXT, "version": "1.0.٣"}, "version"),
    (PromptTemplate, {"content": " \n"}, "empty"),
    (PromptTemplate, {"content": "a", "variables": ["1x"]}, "identifier"),
    (Message, {"role": "user", "content": " "}, "empty"),
    (Message, {"role": "developer", "content": "a"}, "role"),
    (Message, {"role": "user", "content": ["a"]}, "content"),
    (PromptMetadata, {"temperature": 2.1}, "temperature"),
    (PromptMetadata, {"max_tokens": 0}, "max_tokens"),
    (PromptSchema, {"prompts": []}, "at least one"),
    (PromptSchema, {"prompts": [TEXT, TEXT]}, "unique"),
    (Schema, {"name": "a b", "fields": [FIELD]}, "Schema name must be"),
    (Schema, {"name": "a", "fields": []}, "fields"),
    (Schema, {"name": "a", "fields": [FIELD, FIELD]}, "unique"),
    (Schema, {"name": "a", "fields": [FIELD], "allow_extra": True}, "strict"),
    (SchemaField, {"name": "a!", "type": "string"}, "Field name must be"),
    (SchemaField, {"name": "a", "type": "list"}, "item_type"),
    (SchemaField, {"name": "a", "type": "text"}, "type"),
    (FieldValidator, {"type": "regex"}, "pattern"),
    (FieldValidator, {"type": "range", "min_value": 1}, "max_value"),
    (FieldValidator, {"type": "range", "max_value": 1}, "min_value"),
    (FieldValidator, {"type": "enum"}, "allowed_values"),
    (FieldValidator, {"type": "custom"}, "custom_function"),
    (SchemaRegistry, {"schemas": [{"name": "a", "fields": [FIELD]}] * 2}, "unique"),
]


@pytest.mark.parametrize(("kind", "data", "words"), REFUSED)
def test_what_breaks_a_rule_is_refused(kind: type[BaseModel], data: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        kind.model_validate(data)


def test_the_words_of_an_enumeration_print_as_they_are_written() -> None:
    assert (str(Role.SYSTEM), f"{PromptFormat.CHAT:>5}", PromptStatus.DRAFT) == ("system", " chat", "draft")


def test_tags_are_normalised_and_extra_metadata_is_kept() -> None:
    metadata = PromptMetadata.model_validate({"tags": [" Big ", "", "big"], "team": "search"})
    assert metadata.tags == ["big", "big"]
    assert metadata.model_dump()["team"] == "search"


def test_the_content_of_a_template_can_be_assigned_but_not_emptied() -> None:
    prompt = text_prompt()
    assert prompt.template is not None
    prompt.template.content = "Changed"
    assert prompt.render({}) == "Changed"
    with pytest.raises(ValidationError):
        prompt.template.content = ""
    assert prompt.template.content == "Changed"


def test_an_assignment_that_fails_leaves_the_old_value() -> None:
    prompt = text_prompt()
    with pytest.raises(ValidationError):
        prompt.format = PromptFormat.CHAT
    with pytest.raises(ValidationError):
        prompt.version = "one"
    assert (prompt.format, prompt.version) == (PromptFormat.TEXT, "1.0.0")


@pytest.mark.parametrize(
    ("level", "version"), [("patch", "1.2.4"), ("minor", "1.3.0"), ("major", "2.0.0"), ("huge", "1.2.4")]
)
def test_a_bump_raises_one_part(level: Any, version: str) -> None:
    prompt = text_prompt(version="1.2.3")
    before = prompt.updated_at
    assert prompt.bump_version(level) == prompt.version == version
    assert prompt.updated_at >= before


def test_versions_are_compared_as_numbers() -> None:
    assert parse_version("1.10.0") > parse_version("1.9.0")
    assert next_version("1.9.9") == "1.9.10"


def test_new_times_have_a_zone() -> None:
    assert text_prompt().created_at.utcoffset() == timedelta(0)
    assert PromptVersion(prompt=text_prompt(), version="1.0.0").created_at.tzinfo == timezone.utc


def test_the_checksum_is_of_the_content_alone() -> None:
    assert checksum_of(text_prompt()) == checksum_of(text_prompt(version="2.0.0"))
    assert checksum_of(text_prompt()) != checksum_of(text_prompt(content="Other"))
    assert checksum_of(text_prompt()) != checksum_of(text_prompt(metadata={"author": "me"}))


def test_a_copy_shares_nothing() -> None:
    first = chat_prompt()
    second = copied(first)
    second.metadata.tags.append("x")
    assert second == first.model_copy(update={"metadata": second.metadata})
    assert first.metadata.tags == []


def test_a_prompt_can_be_pickled_with_its_manager_left_behind() -> None:
    from promptsync.library import SchemaLoader

    prompt = text_prompt().with_loader(SchemaLoader())
    assert pickle.loads(pickle.dumps(prompt)) == prompt


def test_a_dump_has_the_keys_in_the_known_order() -> None:
    assert list(text_prompt().model_dump(mode="json")) == [
        "id", "version", "uid", "format", "template", "chat_template", "status", "created_at", "updated_at",
        "metadata", "input_schema", "output_schema",
    ]  # fmt: skip


def test_declared_variables_are_given() -> None:
    prompt = text_prompt(template={"content": "{{a}}", "variables": ["a"]})
    assert prompt.get_variables() == ["a"]
    assert chat_prompt().get_variables() == []


def test_a_registry_of_schemas_adds_once_and_removes() -> None:
    registry = SchemaRegistry()
    schema = ValidationSchema.model_validate({"name": "a", "fields": [FIELD]})
    registry.add_schema(schema)
    with pytest.raises(ValueError, match="already exists"):
        registry.add_schema(schema)
    assert registry.get_schema("a") is schema
    assert registry.remove_schema("a") and not registry.remove_schema("a")


def test_an_optional_field_says_in_code_what_absence_means() -> None:
    age = {"name": "age", "type": "integer", "required": False}
    with pytest.raises(ValidationError, match="default value"):
        SchemaField.model_validate(age)
    field = SchemaField.model_validate({**age, "nullable": True})
    schema = Schema.model_validate({"name": "s", "fields": [field, FIELD]})
    assert [item.name for item in schema.get_optional_fields()] == ["age"]
    assert [item.name for item in schema.get_required_fields()] == ["x"]
    assert schema.get_field("age") == field and schema.get_field("absent") is None
