"""Prompts for OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar

from promptsync._awaitable import Items, Text
from promptsync.library.integrations.base import BaseIntegration
from promptsync.library.models import PromptFormat

if TYPE_CHECKING:
    from promptsync.library.integrations.types import OpenAIMessage
    from promptsync.library.prompts import Prompt


class OpenAIIntegration(BaseIntegration["list[OpenAIMessage] | str"]):
    """Gives messages for a chat, and a text for every other format.

    >>> from promptsync.library import Prompt, TemplateEngine
    >>> chat = {"messages": [{"role": "user", "content": "Hello {{name}}"}]}
    >>> prompt = Prompt(id="hello", format="chat", chat_template=chat)
    >>> OpenAIIntegration(TemplateEngine()).convert(prompt, {"name": "Ada"})
    [{'role': 'user', 'content': 'Hello Ada'}]
    """

    framework: ClassVar[str] = "openai"

    def convert(self, prompt: Prompt, variables: Mapping[str, Any]) -> list[OpenAIMessage] | str:
        """Render the prompt; names and calls of functions and tools stay with their messages."""
        if prompt.format is PromptFormat.CHAT:
            return Items(self._messages(prompt, variables))
        return Text(self._rendered_text(prompt, variables))

    def validate_compatibility(self, prompt: Prompt) -> bool:
        """Tell whether there is a form for this prompt: there is one for every format."""
        return isinstance(prompt.format, PromptFormat)

    def _messages(self, prompt: Prompt, variables: Mapping[str, Any]) -> list[OpenAIMessage]:
        messages: list[OpenAIMessage] = []
        for message, content in self._rendered_messages(prompt, variables):
            converted: OpenAIMessage = {"role": message.role.value, "content": content}
            if message.name is not None:
                converted["name"] = message.name
            # Copies, so that what is done to the messages is not done to the prompt.
            if message.function_call is not None:
                converted["function_call"] = deepcopy(message.function_call)
            if message.tool_calls is not None:
                converted["tool_calls"] = deepcopy(message.tool_calls)
            messages.append(converted)
        return messages
