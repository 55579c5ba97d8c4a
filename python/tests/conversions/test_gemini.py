"""Google's own SDK sends what the prompt says."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync.errors import ConversionError
from promptsync.rendered import Messages, Text

from .conftest import Provider

genai = pytest.importorskip("google.genai", reason="the SDK `google-genai` is not installed")


def send(provider: Provider, request: Any) -> Any:
    with genai.Client(api_key="none", http_options={"base_url": provider.url}) as client:
        return client.models.generate_content(model="stub", **request)


def test_instruction_and_turns_arrive_as_the_prompt_says(provider: Provider, chat: Messages, instructions: str) -> None:
    answer = send(provider, chat.to_gemini())
    assert provider.body["systemInstruction"]["parts"] == [{"text": instructions}]
    roles = {"user": "user", "assistant": "model"}
    assert provider.body["contents"] == [
        {"role": roles[message["role"]], "parts": [{"text": message["content"]}]} for message in list(chat)[2:]
    ]
    assert answer.text == "Fine."


def test_a_text_is_one_turn_without_instruction(provider: Provider) -> None:
    send(provider, Text("Hello").to_gemini())
    assert provider.body["contents"] == [{"role": "user", "parts": [{"text": "Hello"}]}]
    assert "systemInstruction" not in provider.body


def test_settings_can_be_added_to_the_configuration(provider: Provider) -> None:
    request = Text("Hello").to_gemini()
    request["config"]["temperature"] = 0.5
    send(provider, request)
    assert provider.body["generationConfig"] == {"temperature": 0.5}


def test_turns_and_configuration_are_those_of_the_sdk(chat: Messages) -> None:
    request = chat.to_gemini()
    for content in request["contents"]:
        assert genai.types.Content.model_validate(content).model_dump(exclude_none=True) == content
    settings = genai.types.GenerateContentConfig.model_validate(request["config"])
    assert settings.model_dump(exclude_none=True) == request["config"]


@pytest.mark.parametrize("role", ["tool", "function"])
def test_an_answer_of_a_tool_is_refused_with_its_place(role: Any) -> None:
    with pytest.raises(ConversionError, match=f"message 0 has the role `{role}`"):
        Messages([{"role": role, "content": "4", "name": "sum"}]).to_gemini()
