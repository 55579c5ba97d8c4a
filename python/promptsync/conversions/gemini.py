"""Arguments for Google's Gemini API, as the ``google-genai`` SDK takes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypedDict

from promptsync.conversions.message import INSTRUCTING, TOOL_HINT, Message, no_equal


class GeminiPart(TypedDict):
    """A piece of a turn; a prompt has text only."""

    text: str


class GeminiContent(TypedDict):
    """One turn of the conversation."""

    role: Literal["user", "model"]
    parts: list[GeminiPart]


class GeminiConfig(TypedDict, total=False):
    """The part of the configuration that a prompt decides; other settings are added by the caller."""

    system_instruction: str


class GeminiRequest(TypedDict):
    """Keyword arguments of ``client.models.generate_content``."""

    # Contents are `GeminiContent` and the configuration is a `GeminiConfig`; `Any`, because the SDK wants lists and
    # dicts of its own types, which are invariant.
    contents: list[Any]
    config: Any


def request(rendered: Iterable[Message]) -> GeminiRequest:
    """Joins the system and developer messages to ``system_instruction``; the assistant is called ``model``.

    ``config`` is always there, so that ``request["config"]["temperature"] = 0`` works for every prompt. The API has no
    field for the ``name`` of a message, so names stay behind.

    >>> request([{"role": "user", "content": "Hello"}])
    {'contents': [{'role': 'user', 'parts': [{'text': 'Hello'}]}], 'config': {}}
    """
    system: list[str] = []
    contents: list[GeminiContent] = []
    for index, message in enumerate(rendered):
        role = message["role"]
        if role == "user":
            contents.append({"role": "user", "parts": [{"text": message["content"]}]})
        elif role == "assistant":
            contents.append({"role": "model", "parts": [{"text": message["content"]}]})
        elif role in INSTRUCTING:
            system.append(message["content"])
        else:
            raise no_equal(index, role, "the Gemini API", TOOL_HINT)
    config: GeminiConfig = {"system_instruction": "\n\n".join(system)} if system else {}
    return {"contents": contents, "config": config}
