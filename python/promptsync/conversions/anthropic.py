"""Arguments for Anthropic's Messages API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict

from promptsync.conversions.message import INSTRUCTING, TOOL_HINT, Message, no_equal


class AnthropicMessage(TypedDict):
    """One turn of the conversation: the role is ``user`` or ``assistant``, the content is a text."""

    # `Any`, because the SDK has one type for each role, and no other type can be assigned to their union.
    role: Any
    content: Any


class _Required(TypedDict):
    messages: list[AnthropicMessage]


class AnthropicRequest(_Required, total=False):
    """Keyword arguments of ``client.messages.create``."""

    system: str


def request(rendered: Iterable[Message]) -> AnthropicRequest:
    """Joins the system and developer messages to ``system``, with an empty line between, and keeps the other turns.

    Turns of the same role may follow each other, and the assistant may begin: the API joins and accepts them. It has no
    field for the ``name`` of a message, so names stay behind.

    >>> request([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}])
    {'system': 'Be brief.', 'messages': [{'role': 'user', 'content': 'Hello'}]}
    """
    system: list[str] = []
    turns: list[AnthropicMessage] = []
    for index, message in enumerate(rendered):
        role = message["role"]
        if role == "user" or role == "assistant":
            turns.append({"role": role, "content": message["content"]})
        elif role in INSTRUCTING:
            system.append(message["content"])
        else:
            raise no_equal(index, role, "Anthropic's Messages API", TOOL_HINT)
    if system:
        return {"system": "\n\n".join(system), "messages": turns}
    return {"messages": turns}
