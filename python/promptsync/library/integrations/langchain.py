"""Prompts as LangChain's prompt templates, whose variables are filled by LangChain."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from promptsync.library.exceptions import ConversionError, IntegrationNotAvailableError
from promptsync.library.integrations.base import BaseIntegration
from promptsync.library.integrations.format_strings import InexpressibleError, format_string
from promptsync.library.models import PromptFormat

if TYPE_CHECKING:
    from promptsync.library.integrations.types import LangChainPrompt
    from promptsync.library.prompts import Prompt
    from promptsync.library.protocols import TemplateEngineProtocol

LANGCHAIN_AVAILABLE: bool = importlib.util.find_spec("langchain_core") is not None
"""Whether LangChain is installed. Finding it does not import it."""


class LangChainIntegration(BaseIntegration["LangChainPrompt"]):
    """Gives a ``ChatPromptTemplate`` for a chat, and a ``PromptTemplate`` for every other format.

    LangChain's format strings have variables and nothing else, so a template with conditions, loops or paths is
    refused. Partials are put in where they are used, and every other brace of the text stays text.
    """

    framework: ClassVar[str] = "langchain"

    def __init__(self, template_engine: TemplateEngineProtocol, strict_validation: bool = True) -> None:
        if not LANGCHAIN_AVAILABLE:
            raise IntegrationNotAvailableError("langchain")
        super().__init__(template_engine, strict_validation)

    def convert(self, prompt: Prompt, variables: Mapping[str, Any]) -> LangChainPrompt:
        """Give the template; the variables are LangChain's to fill, and those given here are not looked at."""
        if prompt.format is PromptFormat.CHAT:
            return self._chat(prompt)
        return self._text(prompt)

    def validate_compatibility(self, prompt: Prompt) -> bool:
        """Tell whether there is a form for this prompt: there is one for every format."""
        return isinstance(prompt.format, PromptFormat)

    def _text(self, prompt: Prompt) -> LangChainPrompt:
        from langchain_core.prompts import PromptTemplate

        if prompt.template is None:
            raise self._refusal(prompt, "Unsupported prompt format: a prompt without a template")
        partials = prompt.template.partials
        content = self._format_string(prompt, prompt.template.content, partials)
        try:
            template = PromptTemplate.from_template(content)
            # A template may also name a partial as if it were a variable; it then stands for the partial's text.
            return template.partial(**partials) if partials else template
        except ValueError as error:
            raise self._refusal(prompt, f"Failed to create PromptTemplate: {type(error).__name__}") from error

    def _chat(self, prompt: Prompt) -> LangChainPrompt:
        from promptsync.library.integrations.langchain_messages import chat_template

        if prompt.chat_template is None:
            raise self._refusal(prompt, "Unsupported prompt format: a chat without messages")
        messages = prompt.chat_template.messages
        contents = [self._format_string(prompt, message.content, {}) for message in messages]
        try:
            return chat_template(messages, contents)
        except ValueError as error:
            raise self._refusal(prompt, f"Failed to create ChatPromptTemplate: {type(error).__name__}") from error

    def _format_string(self, prompt: Prompt, template: str, partials: Mapping[str, str]) -> str:
        try:
            return format_string(self.template_engine, template, partials)
        except InexpressibleError as error:
            message = f"The template has no equal in LangChain's format strings: {error}"
            raise ConversionError(message, prompt.id, self.framework) from error
