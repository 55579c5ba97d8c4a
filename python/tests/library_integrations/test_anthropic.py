"""Prompts in Anthropic's form."""

from __future__ import annotations

import pytest

from promptsync.library.exceptions import ConversionError, IncompatibleFormatError
from promptsync.library.integrations import AnthropicIntegration
from promptsync.library.templates import TemplateEngine

from .conftest import Chat, Text


def test_the_system_message_stands_apart(engine: TemplateEngine, chat: Chat) -> None:
    prompt = chat(("user", "Hi"), ("assistant", "Yes?"), ("system", "You help {{name}}."), ("user", "Bye"))
    assert AnthropicIntegration(engine).convert(prompt, {"name": "Ada"}) == {
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Yes?"},
            {"role": "user", "content": "Bye"},
        ],
        "system": "You help Ada.",
    }


def test_without_system_message_there_is_no_system(engine: TemplateEngine, chat: Chat) -> None:
    assert "system" not in AnthropicIntegration(engine).convert(chat(("user", "Hi")), {})


def test_a_system_message_alone_leaves_no_messages(engine: TemplateEngine, chat: Chat) -> None:
    assert AnthropicIntegration(engine).convert(chat(("system", "Hi")), {}) == {"messages": [], "system": "Hi"}


@pytest.mark.parametrize("role", ["tool", "function"])
def test_answers_of_tools_are_said_by_the_user(engine: TemplateEngine, chat: Chat, role: str) -> None:
    prompt = chat(("user", "2+2"), ("assistant", "Let me see."), (role, "4"))
    assert AnthropicIntegration(engine).convert(prompt, {})["messages"][-1] == {"role": "user", "content": "4"}


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([("user", "a"), ("user", "b")], "Messages must alternate"),
        ([("user", "a"), ("tool", "b")], "Messages must alternate"),
        ([("assistant", "a")], "First message must be from user"),
        ([("system", "a"), ("system", "b"), ("user", "c")], "only supports one system message"),
    ],
)
def test_what_models_are_not_trained_on_is_refused_if_strict(
    engine: TemplateEngine, chat: Chat, messages: list[tuple[str, str]], words: str
) -> None:
    with pytest.raises(ConversionError, match=words) as refused:
        AnthropicIntegration(engine).convert(chat(*messages), {})
    assert refused.value.context["prompt_id"] == "chat"
    assert AnthropicIntegration(engine, strict_validation=False).convert(chat(*messages), {})["messages"]


def test_several_system_messages_are_one_text_if_not_strict(engine: TemplateEngine, chat: Chat) -> None:
    integration = AnthropicIntegration(engine, strict_validation=False)
    assert integration.convert(chat(("system", "a"), ("system", "b"), ("user", "c")), {})["system"] == "a\n\nb"


def test_calls_of_tools_are_refused_rather_than_lost(engine: TemplateEngine, chat: Chat) -> None:
    prompt = chat(("user", "a"), {"role": "assistant", "content": "b", "tool_calls": [{"id": "1"}]})
    with pytest.raises(ConversionError, match="Message 1 calls a tool"):
        AnthropicIntegration(engine).convert(prompt, {})


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("prompt_format", ["text", "completion", "instruction"])
def test_only_chats_have_a_form(engine: TemplateEngine, text: Text, prompt_format: str, strict: bool) -> None:
    integration = AnthropicIntegration(engine, strict_validation=strict)
    prompt = text("Hi", prompt_format)
    assert not integration.validate_compatibility(prompt)
    with pytest.raises(IncompatibleFormatError, match=r"incompatible with framework 'anthropic'.*Supported formats"):
        integration.convert(prompt, {})


@pytest.mark.parametrize("kind", ["messages", "system"])
def test_a_missing_variable_is_a_conversion_error(engine: TemplateEngine, chat: Chat, kind: str) -> None:
    prompt = chat(("system" if kind == "system" else "user", "{{name}}"))
    with pytest.raises(ConversionError, match=r"Failed to render chat template.*Could not find variable"):
        AnthropicIntegration(engine).convert(prompt, {})
