"""Prompts for Anthropic's Messages API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from promptsync._awaitable import Record
from promptsync.library.exceptions import IncompatibleFormatError
from promptsync.library.integrations.base import BaseIntegration
from promptsync.library.models import PromptFormat, Role

if TYPE_CHECKING:
    from promptsync.library.integrations.types import AnthropicMessage, AnthropicRequest
    from promptsync.library.models import Message
    from promptsync.library.prompts import Prompt

_TURNS = {Role.USER: "user", Role.ASSISTANT: "assistant", Role.FUNCTION: "user", Role.TOOL: "user"}


class AnthropicIntegration(BaseIntegration["AnthropicRequest"]):
    """Gives ``messages`` and, if the chat has one, ``system``.

    The API itself joins turns of one role and lets the assistant begin. With ``strict_validation`` such a chat is
    refused, since models are trained on turns that alternate; without it, it is passed on, and several system messages
    become one text with empty lines between.

    >>> from promptsync.library import Prompt, TemplateEngine
    >>> chat = {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]}
    >>> AnthropicIntegration(TemplateEngine()).convert(Prompt(id="hello", format="chat", chat_template=chat), {})
    {'messages': [{'role': 'user', 'content': 'Hello'}], 'system': 'Be brief.'}
    """

    framework: ClassVar[str] = "anthropic"

    def convert(self, prompt: Prompt, variables: Mapping[str, Any]) -> AnthropicRequest:
        """Render a chat; every other format is an ``IncompatibleFormatError``."""
        if not self.validate_compatibility(prompt):
            raise IncompatibleFormatError(prompt.format, self.framework, [PromptFormat.CHAT.name])
        system: list[str] = []
        turns: list[AnthropicMessage] = []
        for index, (message, content) in enumerate(self._rendered_messages(prompt, variables)):
            if message.role is Role.SYSTEM:
                system.append(content)
            else:
                turns.append({"role": self._turn(prompt, index, message), "content": content})
        if self.strict_validation:
            self._check(prompt, len(system), turns)
        request: AnthropicRequest = Record(messages=turns)
        if system:
            request["system"] = "\n\n".join(system)
        return request

    def validate_compatibility(self, prompt: Prompt) -> bool:
        """Tell whether the prompt is a chat, the one format there is a form for."""
        return prompt.format is PromptFormat.CHAT

    def _turn(self, prompt: Prompt, index: int, message: Message) -> str:
        role = _TURNS.get(message.role)
        if role is None:
            raise self._refusal(prompt, f"Unsupported role for Anthropic: message {index} has `{message.role}`")
        if message.tool_calls or message.function_call:
            # The answers that have to follow a call name its id, which a message of a prompt cannot hold.
            raise self._refusal(prompt, f"Message {index} calls a tool, which cannot be said to Anthropic in a prompt")
        return role

    def _check(self, prompt: Prompt, systems: int, turns: list[AnthropicMessage]) -> None:
        if systems > 1:
            raise self._refusal(prompt, f"Anthropic only supports one system message, and the chat has {systems}")
        if turns and turns[0]["role"] != "user":
            raise self._refusal(prompt, "First message must be from user, and it is from the assistant")
        for position in range(1, len(turns)):
            role = turns[position]["role"]
            if role == turns[position - 1]["role"]:
                raise self._refusal(
                    prompt,
                    f"Messages must alternate between user and assistant: turn {position} is of `{role}` again",
                )
