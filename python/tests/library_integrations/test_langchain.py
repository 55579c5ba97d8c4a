"""Prompts as templates of LangChain, which render to what the library renders."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from promptsync.library.exceptions import ConversionError, IntegrationNotAvailableError
from promptsync.library.integrations import LangChainIntegration, langchain
from promptsync.library.templates import TemplateEngine

from .conftest import Chat, Text

VALUES = {"name": "Ada", "größe": "7", "header": "H"}


@pytest.fixture
def integration(engine: TemplateEngine) -> LangChainIntegration:
    pytest.importorskip("langchain_core", reason="`langchain-core` is not installed")
    return LangChainIntegration(engine)


@pytest.mark.parametrize(
    "template",
    [
        "Hello {{name}}!",
        "{{ name }} {{{name}}} {{&name}} {{~name~}} .",
        'Answer {{name}} in JSON: {"mood": {"a": [1]}}',
        "{ {{name}} } }} {",
        "Line\n{{! a note }}\nline {{name}}{{!-- another }} --}}\n",
        "literal \\{{name}} and {{{{raw}}}}{{name}}{{{{/raw}}}}",
        "{{größe}} 世界",
        "{{> letter}} and {{> sign}}",
        "{{[name]}} {{this.name}} {{@root.name}}",
        "no variable",
    ],
)
@pytest.mark.parametrize("prompt_format", ["text", "completion", "instruction"])
def test_a_text_renders_as_in_the_library(
    integration: LangChainIntegration, engine: TemplateEngine, text: Text, template: str, prompt_format: str
) -> None:
    partials = {"letter": 'Dear {{name}}, {"x": 1}', "sign": "by {{> letter}}"}
    prompt = text(template, prompt_format, **partials)
    assert integration.validate_compatibility(prompt)
    converted = integration.convert(prompt, {})
    assert converted.format(**VALUES) == engine.render(template, VALUES, partials=partials)


def test_only_variables_are_input_variables(integration: LangChainIntegration, text: Text) -> None:
    prompt = text('{{name}}: {"json": 1, "more": {"deep": [2]}}')
    assert integration.convert(prompt, {}).input_variables == ["name"]


def test_a_partial_that_is_named_like_a_variable_is_a_partial_variable(
    integration: LangChainIntegration, text: Text
) -> None:
    converted = integration.convert(text("{{greeting}} {{name}}", greeting="Good day"), {})
    assert converted.partial_variables == {"greeting": "Good day"}
    assert converted.format(name="Ada") == "Good day Ada"


@pytest.mark.parametrize(
    "template",
    [
        "{{#if name}}a{{/if}}",
        "{{^name}}a{{/name}}",
        "{{#each names}}{{this}}{{/each}}",
        "{{ user.name }}",
        "{{lookup users 0}}",
        "{{first-name}}",
        "{{> loop}}",
    ],
)
def test_more_than_variables_is_refused(integration: LangChainIntegration, text: Text, template: str) -> None:
    with pytest.raises(ConversionError, match="no equal in LangChain's format strings") as refused:
        integration.convert(text(template, loop="{{#each names}}{{this}}{{/each}}"), {})
    assert refused.value.context["framework"] == "langchain"


def test_each_role_has_its_message(integration: LangChainIntegration, chat: Chat) -> None:
    messages = pytest.importorskip("langchain_core.messages")
    call = {"id": "call_1", "type": "function", "function": {"name": "sum", "arguments": '{"a": 1}'}}
    prompt = chat(
        ("system", 'You help {{name}}: {"x": 1}'),
        {"role": "user", "content": "{{name}} here", "name": "ada"},
        {"role": "assistant", "content": "Let me see, {{name}}.", "tool_calls": [call]},
        ("tool", "4"),
        ("assistant", "4."),
        {"role": "function", "content": "{{name}}", "name": "sum"},
    )
    converted = integration.convert(prompt, {})
    assert converted.input_variables == ["name"]
    system, user, assistant, tool, last, function = converted.format_messages(name="Ada")
    assert system == messages.SystemMessage('You help Ada: {"x": 1}')
    assert user == messages.HumanMessage("Ada here", name="ada")
    assert (type(assistant), assistant.content) == (messages.AIMessage, "Let me see, Ada.")
    assert assistant.tool_calls == [{"name": "sum", "args": {"a": 1}, "id": "call_1", "type": "tool_call"}]
    assert tool == messages.ToolMessage("4", tool_call_id="call_1")
    assert last == messages.AIMessage("4.")
    assert function == messages.FunctionMessage(content="Ada", name="sum")


def test_plain_messages_are_langchains_own_templates(integration: LangChainIntegration, chat: Chat) -> None:
    prompts = pytest.importorskip("langchain_core.prompts")
    converted = integration.convert(chat(("system", "a"), ("user", "b"), ("assistant", "c")), {})
    assert [type(message) for message in converted.messages] == [
        prompts.SystemMessagePromptTemplate,
        prompts.HumanMessagePromptTemplate,
        prompts.AIMessagePromptTemplate,
    ]


def test_without_langchain_the_constructor_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, engine: TemplateEngine
) -> None:
    monkeypatch.setattr(langchain, "LANGCHAIN_AVAILABLE", False)
    with pytest.raises(IntegrationNotAvailableError, match=r"promptsync\[langchain\]"):
        LangChainIntegration(engine)


def test_importing_the_integrations_imports_no_sdk() -> None:
    program = (
        "import sys; from promptsync.library.integrations import *; from promptsync.library.plugins import *;"
        "print(sorted({'openai', 'anthropic', 'litellm', 'langchain_core'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.stderr) == ("[]", "")
