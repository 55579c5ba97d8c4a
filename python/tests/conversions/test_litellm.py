"""LiteLLM sends what the prompt says, to more than one provider."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import ModuleType

import pytest

from promptsync.rendered import Messages, Text

from .conftest import Provider

# LiteLLM's own types make pydantic warn.
pytestmark = pytest.mark.filterwarnings("ignore:.*`ReadOnly` qualifier:UserWarning")


@pytest.fixture
def litellm(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    # Without it the import asks the internet for prices.
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    module: ModuleType = pytest.importorskip("litellm", reason="the SDK `litellm` is not installed")
    # It takes the thread's event loop, makes one where there is none, and leaves it open.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield module
    asyncio.set_event_loop(None)
    loop.close()


def test_an_openai_model_gets_the_messages_of_the_prompt(
    provider: Provider, chat: Messages, litellm: ModuleType
) -> None:
    answer = litellm.completion(
        model="openai/stub", api_base=provider.url, api_key="none", messages=chat.to_litellm(), max_retries=0
    )
    # LiteLLM itself says `system` for `developer` to models that it does not know.
    said = [{**message, "role": "system"} if message["role"] == "developer" else message for message in chat]
    assert provider.body["messages"] == said
    assert answer.choices[0].message.content == "Fine."


def test_an_anthropic_model_gets_system_and_turns(provider: Provider, litellm: ModuleType) -> None:
    chat = Messages([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}])
    litellm.completion(
        model="anthropic/claude-stub",
        api_base=f"{provider.url}/v1/messages",
        api_key="none",
        messages=chat.to_litellm(),
    )
    assert [block["text"] for block in provider.body["system"]] == ["Be brief."]
    assert provider.body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]


def test_a_text_is_one_user_message(provider: Provider, litellm: ModuleType) -> None:
    litellm.completion(
        model="openai/stub", api_base=provider.url, api_key="none", messages=Text("Hello").to_litellm(), max_retries=0
    )
    assert provider.body["messages"] == [{"role": "user", "content": "Hello"}]
