"""Prompts in each format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from promptsync.library.models import PromptTemplate
from promptsync.library.prompts import Prompt
from promptsync.library.templates import TemplateEngine

Chat = Callable[..., Prompt]
Text = Callable[..., Prompt]


@pytest.fixture
def engine() -> TemplateEngine:
    """The library's engine."""
    return TemplateEngine()


@pytest.fixture
def chat() -> Chat:
    """Makes a chat of messages, given as dicts or as pairs of role and content."""

    def make(*messages: dict[str, Any] | tuple[str, str]) -> Prompt:
        spoken = [m if isinstance(m, dict) else {"role": m[0], "content": m[1]} for m in messages]
        return Prompt.model_validate({"id": "chat", "format": "chat", "chat_template": {"messages": spoken}})

    return make


@pytest.fixture
def text() -> Text:
    """Makes a prompt that is not a chat."""

    def make(content: str, prompt_format: str = "text", **partials: str) -> Prompt:
        template = PromptTemplate(content=content, partials=partials)
        return Prompt.model_validate({"id": "text", "format": prompt_format, "template": template})

    return make
