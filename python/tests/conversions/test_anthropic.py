"""Anthropic's own SDK sends what the prompt says."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync.errors import ConversionError
from promptsync.rendered import Messages, Text

from .conftest import Provider

anthropic = pytest.importorskip("anthropic", reason="the SDK `anthropic` is not installed")
pydantic = pytest.importorskip("pydantic", reason="`pydantic` is not installed")


def send(provider: Provider, request: Any) -> Any:
    client = anthropic.Anthropic(api_key="none", base_url=provider.url, max_retries=0)
    return client.messages.create(model="stub", max_tokens=9, **request)


def test_system_and_turns_arrive_as_the_prompt_says(provider: Provider, chat: Messages, instructions: str) -> None:
    answer = send(provider, chat.to_anthropic())
    assert provider.body["system"] == instructions
    assert provider.body["messages"] == [
        {"role": message["role"], "content": message["content"]} for message in list(chat)[2:]
    ]
    assert answer.content[0].text == "Fine."


def test_a_text_is_one_user_message_without_system(provider: Provider) -> None:
    send(provider, Text("Hello").to_anthropic())
    assert provider.body["messages"] == [{"role": "user", "content": "Hello"}]
    assert "system" not in provider.body


def test_an_instruction_in_the_middle_joins_the_system_in_order() -> None:
    chat = Messages(
        [
            {"role": "system", "content": "One."},
            {"role": "user", "content": "Hello"},
            {"role": "developer", "content": "Two."},
            {"role": "system", "content": "Three."},
        ]
    )
    assert chat.to_anthropic() == {
        "system": "One.\n\nTwo.\n\nThree.",
        "messages": [{"role": "user", "content": "Hello"}],
    }


def test_turns_of_one_role_stay_apart_and_the_assistant_may_begin(provider: Provider) -> None:
    roles: list[Any] = ["assistant", "user", "user", "assistant"]
    send(provider, Messages([{"role": role, "content": "Hello"} for role in roles]).to_anthropic())
    assert [message["role"] for message in provider.body["messages"]] == roles


def test_each_turn_is_a_message_of_the_sdk(chat: Messages) -> None:
    for message in chat.to_anthropic()["messages"]:
        assert pydantic.TypeAdapter(anthropic.types.MessageParam).validate_python(message) == message


@pytest.mark.parametrize("role", ["tool", "function"])
def test_an_answer_of_a_tool_is_refused_with_its_place(role: Any) -> None:
    chat = Messages([{"role": "user", "content": "2+2"}, {"role": role, "content": "secret 4", "name": "sum"}])
    with pytest.raises(ConversionError, match=f"message 1 has the role `{role}`") as refused:
        chat.to_anthropic()
    assert "secret" not in str(refused.value)
