"""OpenAI's own SDK sends what the prompt says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from promptsync.conversions.openai import OpenAIMessage
from promptsync.errors import ConversionError
from promptsync.rendered import Messages, Text

from .conftest import Provider

openai = pytest.importorskip("openai", reason="the SDK `openai` is not installed")
pydantic = pytest.importorskip("pydantic", reason="`pydantic` is not installed")


def client(provider: Provider) -> Any:
    return openai.OpenAI(api_key="none", base_url=provider.url, max_retries=0)


def accepted(kind: Any, value: Any) -> None:
    """Checks a value against a type of the SDK; what the type would leave out makes it fail, too."""
    validated = pydantic.TypeAdapter(kind).validate_python(value)
    assert set(validated) == set(value)


def test_chat_completions_get_the_messages_of_the_prompt(provider: Provider, chat: Messages) -> None:
    answer = client(provider).chat.completions.create(model="stub", messages=chat.to_openai())
    assert provider.body["messages"] == list(chat)
    assert answer.choices[0].message.content == "Fine."


def test_chat_completions_get_a_text_as_one_user_message(provider: Provider) -> None:
    client(provider).chat.completions.create(model="stub", messages=Text("Hello 🌍").to_openai())
    assert provider.body["messages"] == [{"role": "user", "content": "Hello 🌍"}]


def test_the_asynchronous_client_sends_the_same(provider: Provider, chat: Messages) -> None:
    async def call() -> None:
        async with openai.AsyncOpenAI(api_key="none", base_url=provider.url, max_retries=0) as asynchronous:
            await asynchronous.chat.completions.create(model="stub", messages=(await chat).to_openai())

    asyncio.run(call())
    assert provider.body["messages"] == list(chat)


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("system", "ChatCompletionSystemMessageParam"),
        ("developer", "ChatCompletionDeveloperMessageParam"),
        ("user", "ChatCompletionUserMessageParam"),
        ("assistant", "ChatCompletionAssistantMessageParam"),
        ("function", "ChatCompletionFunctionMessageParam"),
    ],
)
def test_each_role_is_a_message_of_the_sdk(role: Any, kind: str) -> None:
    (message,) = Messages([{"role": role, "content": "Hello", "name": "ada"}]).to_openai()
    accepted(getattr(openai.types.chat, kind), message)


def test_a_message_of_a_tool_lacks_only_the_id_that_the_caller_knows() -> None:
    message: dict[str, Any] = dict(Messages([{"role": "tool", "content": "4"}]).to_openai()[0])
    accepted(openai.types.chat.ChatCompletionToolMessageParam, message | {"tool_call_id": "call_1"})


def test_what_is_done_to_the_converted_messages_is_not_done_to_the_prompt(chat: Messages) -> None:
    before = [dict(message) for message in chat]
    converted: list[OpenAIMessage] = chat.to_openai()
    converted[0]["content"] = "changed"
    converted.append({"role": "user", "content": "more"})
    assert list(chat) == before


def test_responses_get_instructions_and_input(provider: Provider, chat: Messages, instructions: str) -> None:
    answer = client(provider).responses.create(model="stub", **chat.to_responses())
    assert provider.body["instructions"] == instructions
    assert provider.body["input"] == [
        {"role": message["role"], "content": message["content"]} for message in list(chat)[2:]
    ]
    assert answer.output_text == "Fine."


def test_responses_get_a_text_as_one_user_message_and_no_instructions(provider: Provider) -> None:
    client(provider).responses.create(model="stub", **Text("Hello").to_responses())
    assert provider.body["input"] == [{"role": "user", "content": "Hello"}]
    assert "instructions" not in provider.body


def test_an_instruction_in_the_middle_keeps_its_place_in_the_input(provider: Provider) -> None:
    chat = Messages(
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
            {"role": "developer", "content": "Now be long."},
        ]
    )
    client(provider).responses.create(model="stub", **chat.to_responses())
    assert provider.body["instructions"] == "Be brief."
    assert [item["role"] for item in provider.body["input"]] == ["user", "developer"]


def test_each_item_of_the_input_is_an_item_of_the_sdk(chat: Messages) -> None:
    for item in chat.to_responses()["input"]:
        accepted(openai.types.responses.EasyInputMessageParam, item)


def test_instructions_alone_leave_an_input_to_add_to() -> None:
    request = Messages([{"role": "system", "content": "Be brief."}]).to_responses()
    assert request == {"instructions": "Be brief.", "input": []}


@pytest.mark.parametrize("role", ["tool", "function"])
def test_an_answer_of_a_tool_is_refused_by_responses_with_its_place(role: Any) -> None:
    chat = Messages([{"role": "user", "content": "2+2"}, {"role": role, "content": "secret 4", "name": "sum"}])
    with pytest.raises(ConversionError, match=f"message 1 has the role `{role}`") as refused:
        chat.to_responses()
    assert refused.value.code == "no_equal"
    assert "secret" not in str(refused.value)
