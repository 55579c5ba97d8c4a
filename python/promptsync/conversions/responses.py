"""Arguments for OpenAI's Responses API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypedDict

from promptsync.conversions.message import INSTRUCTING, TOOL_HINT, Message, no_equal


class ResponsesItem(TypedDict):
    """One message of the input."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str


class _Required(TypedDict):
    # Items are `ResponsesItem`; `Any`, because the SDK wants a list of its own union and lists are invariant.
    input: list[Any]


class ResponsesRequest(_Required, total=False):
    """Keyword arguments of ``client.responses.create``."""

    instructions: str


def request(rendered: Iterable[Message]) -> ResponsesRequest:
    """Makes ``instructions`` of the system and developer messages at the start, and ``input`` of the rest in order.

    An instructing message that comes later keeps its place and role, since what it means depends on what was said
    before it. The API has no field for the ``name`` of a message, so names stay behind.

    >>> request([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}])
    {'instructions': 'Be brief.', 'input': [{'role': 'user', 'content': 'Hello'}]}
    """
    instructions: list[str] = []
    items: list[ResponsesItem] = []
    for index, message in enumerate(rendered):
        role = message["role"]
        if role in INSTRUCTING and not items:
            instructions.append(message["content"])
        elif role == "tool" or role == "function":
            raise no_equal(index, role, "OpenAI's Responses API", TOOL_HINT)
        else:
            items.append({"role": role, "content": message["content"]})
    if instructions:
        return {"instructions": "\n\n".join(instructions), "input": items}
    return {"input": items}
