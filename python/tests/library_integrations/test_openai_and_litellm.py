"""Prompts in OpenAI's form, which LiteLLM takes as well."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from promptsync.library.exceptions import ConversionError, TemplateRenderError
from promptsync.library.integrations import LiteLLMIntegration, OpenAIIntegration
from promptsync.library.templates import TemplateEngine

from .conftest import Chat, Text


@pytest.fixture(params=[OpenAIIntegration, LiteLLMIntegration])
def integration(request: pytest.FixtureRequest, engine: TemplateEngine) -> OpenAIIntegration:
    made: OpenAIIntegration = request.param(engine)
    return made


def test_a_chat_is_a_list_of_messages(integration: OpenAIIntegration, chat: Chat) -> None:
    prompt = chat(("system", "You help {{name}}."), {"role": "user", "content": "Hi", "name": "ada"})
    assert integration.convert(prompt, {"name": "Ada"}) == [
        {"role": "system", "content": "You help Ada."},
        {"role": "user", "content": "Hi", "name": "ada"},
    ]


def test_calls_of_functions_and_tools_are_kept(integration: OpenAIIntegration, chat: Chat) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "sum", "arguments": '{"a": 1}'}}
    prompt = chat(
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call]},
        {"role": "assistant", "content": "Or so.", "function_call": {"name": "sum", "arguments": "{}"}},
    )
    assert integration.convert(prompt, {}) == [
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call]},
        {"role": "assistant", "content": "Or so.", "function_call": {"name": "sum", "arguments": "{}"}},
    ]


def test_changing_what_was_converted_leaves_the_prompt_alone(integration: OpenAIIntegration, chat: Chat) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "sum", "arguments": "{}"}}
    prompt = chat({"role": "assistant", "content": "Let me see.", "tool_calls": [call], "function_call": call})
    before = prompt.model_dump_json()
    message: Any = integration.convert(prompt, {})[0]
    message["tool_calls"][0]["function"]["name"] = "changed"
    message["function_call"]["function"]["name"] = "changed"
    assert prompt.model_dump_json() == before


@pytest.mark.parametrize("prompt_format", ["text", "completion", "instruction"])
def test_every_other_format_is_a_text(integration: OpenAIIntegration, text: Text, prompt_format: str) -> None:
    prompt = text("Hi {{name}}", prompt_format)
    assert integration.validate_compatibility(prompt)
    assert integration.convert(prompt, {"name": "Ada"}) == "Hi Ada"


def test_partials_are_passed(integration: OpenAIIntegration, text: Text) -> None:
    assert integration.convert(text("{{> head}} {{x}}", head="Dear {{x}},"), {"x": "Ada"}) == "Dear Ada, Ada"


@pytest.mark.parametrize("kind", ["chat", "text"])
def test_a_missing_variable_is_a_conversion_error_with_its_cause(
    integration: OpenAIIntegration, chat: Chat, text: Text, kind: str
) -> None:
    prompt = chat(("user", "{{name}}")) if kind == "chat" else text("{{name}}")
    with pytest.raises(ConversionError, match=f"Failed to render {kind} template.*Could not find variable") as refused:
        integration.convert(prompt, {"other": "hunter2"})
    assert isinstance(refused.value.__cause__, TemplateRenderError)
    assert refused.value.context["framework"] == integration.framework
    assert "hunter2" not in str(refused.value)


def test_what_an_engine_of_others_says_of_values_is_not_repeated(text: Text) -> None:
    class Engine:
        def render(
            self, template: str, variables: Mapping[str, Any], *, partials: Mapping[str, str] | None = None
        ) -> str:
            raise RuntimeError(f"cannot render {variables}")

        def validate(self, template: str) -> bool:
            return True

        def extract_variables(self, template: str) -> list[str]:
            return []

    with pytest.raises(ConversionError, match="RuntimeError") as refused:
        OpenAIIntegration(Engine()).convert(text("Hi"), {"password": "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_what_was_converted_can_be_awaited(integration: OpenAIIntegration, chat: Chat, text: Text) -> None:
    async def both() -> tuple[Any, Any]:
        messages: Any = integration.convert(chat(("user", "Hi")), {})
        words: Any = integration.convert(text("Hi"), {})
        return await messages, await words

    assert asyncio.run(both()) == ([{"role": "user", "content": "Hi"}], "Hi")
