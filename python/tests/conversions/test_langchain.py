"""LangChain's message classes hold what the prompt says."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from promptsync.errors import ConversionError, MissingExtraError
from promptsync.rendered import Messages, Text


def test_each_role_has_its_class(chat: Messages) -> None:
    messages = pytest.importorskip("langchain_core.messages", reason="`langchain-core` is not installed")
    spoken = Messages([*chat, {"role": "function", "content": "4", "name": "sum"}])
    converted = spoken.to_langchain()
    assert [type(message) for message in converted] == [
        messages.SystemMessage,
        messages.SystemMessage,
        messages.HumanMessage,
        messages.AIMessage,
        messages.HumanMessage,
        messages.HumanMessage,
        messages.FunctionMessage,
    ]
    assert [message.content for message in converted] == [message["content"] for message in spoken]
    assert [message.name for message in converted] == [message.get("name") for message in spoken]


def test_langchain_makes_of_them_what_the_prompt_said(chat: Messages) -> None:
    messages = pytest.importorskip("langchain_core.messages", reason="`langchain-core` is not installed")
    assert messages.convert_to_openai_messages(chat.to_langchain()) == list(chat)


def test_a_model_of_langchain_is_given_them(chat: Messages) -> None:
    models = pytest.importorskip("langchain_core.language_models", reason="`langchain-core` is not installed")
    assert models.FakeListChatModel(responses=["Fine."]).invoke(chat.to_langchain()).content == "Fine."


def test_a_text_is_one_human_message() -> None:
    messages = pytest.importorskip("langchain_core.messages", reason="`langchain-core` is not installed")
    assert Text("Hello").to_langchain() == [messages.HumanMessage("Hello")]


@pytest.mark.parametrize("role", ["tool", "function"])
def test_an_answer_without_id_or_name_is_refused_with_its_place(role: Any) -> None:
    pytest.importorskip("langchain_core", reason="`langchain-core` is not installed")
    with pytest.raises(ConversionError, match=f"message 0 has the role `{role}`"):
        Messages([{"role": role, "content": "4"}]).to_langchain()


def test_without_langchain_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_core.messages", None)
    with pytest.raises(MissingExtraError, match=r"promptsync\[langchain\]"):
        Text("Hello").to_langchain()
