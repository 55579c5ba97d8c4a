"""Prompts that the tests of the library begin with."""

from __future__ import annotations

from typing import Any

from promptsync.library import Prompt


def text_prompt(id: str = "greeting", content: str = "Hello {{name}}", **fields: Any) -> Prompt:
    """Give a text prompt."""
    return Prompt.model_validate({"id": id, "format": "text", "template": {"content": content}, **fields})


def chat_prompt(id: str = "chat", **fields: Any) -> Prompt:
    """Give a chat prompt."""
    messages = [{"role": "system", "content": "Be {{mood}}"}, {"role": "user", "content": "Hi"}]
    return Prompt.model_validate({"id": id, "format": "chat", "chat_template": {"messages": messages}, **fields})
