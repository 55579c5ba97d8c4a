"""Messages for OpenAI's chat completions, and for every API that copies them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict, cast

from promptsync.conversions.message import Message


class _Required(TypedDict):
    # `Any`, because the SDK has one type for each role, and no other type can be assigned to their union.
    role: Any
    content: Any


class OpenAIMessage(_Required, total=False):
    """One message as ``client.chat.completions.create(messages=...)`` takes it."""

    name: str


def messages(rendered: Iterable[Message]) -> list[OpenAIMessage]:
    """Copies the messages: every role and field of a prompt is OpenAI's own.

    A message of a tool goes through as it is; the API wants a ``tool_call_id`` with it, which only the caller knows.

    >>> messages([{"role": "user", "content": "Hello"}])
    [{'role': 'user', 'content': 'Hello'}]
    """
    return [cast("OpenAIMessage", message.copy()) for message in rendered]
