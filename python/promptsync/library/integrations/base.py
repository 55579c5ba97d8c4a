"""What integrations have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from promptsync.library.exceptions import ConversionError, PromptManagerError

if TYPE_CHECKING:
    from promptsync.library.models import Message
    from promptsync.library.prompts import Prompt
    from promptsync.library.protocols import TemplateEngineProtocol

T = TypeVar("T")


class BaseIntegration(ABC, Generic[T]):
    """Converts prompts to the form of one framework, ``T``.

    Args:
        template_engine: What renders the templates.
        strict_validation: Whether what a framework merely discourages is refused, too. Only Anthropic's rules differ.
    """

    framework: ClassVar[str] = "framework"

    def __init__(self, template_engine: TemplateEngineProtocol, strict_validation: bool = True) -> None:
        self._template_engine = template_engine
        self._strict_validation = strict_validation

    @property
    def template_engine(self) -> TemplateEngineProtocol:
        """What renders the templates."""
        return self._template_engine

    @property
    def strict_validation(self) -> bool:
        """Whether what the framework merely discourages is refused, too."""
        return self._strict_validation

    @abstractmethod
    def convert(self, prompt: Prompt, variables: Mapping[str, Any]) -> T:
        """Give the prompt with these variables in the form of the framework."""

    @abstractmethod
    def validate_compatibility(self, prompt: Prompt) -> bool:
        """Tell whether the framework has a form for this prompt."""

    def _rendered_text(self, prompt: Prompt, variables: Mapping[str, Any]) -> str:
        """The text of a prompt that is not a chat, with its partials."""
        template = prompt.template
        if template is None:
            raise self._refusal(prompt, f"Unsupported prompt format: {_word(prompt.format)} without a template")
        try:
            return str(self._template_engine.render(template.content, variables, partials=template.partials or None))
        except Exception as error:
            raise self._refusal(prompt, f"Failed to render text template: {_reason(error)}") from error

    def _rendered_messages(self, prompt: Prompt, variables: Mapping[str, Any]) -> list[tuple[Message, str]]:
        """The messages of a chat, each with its rendered content."""
        chat = prompt.chat_template
        if chat is None:
            raise self._refusal(prompt, f"Unsupported prompt format: {_word(prompt.format)} without messages")
        try:
            return [
                (message, str(self._template_engine.render(message.content, variables))) for message in chat.messages
            ]
        except Exception as error:
            raise self._refusal(prompt, f"Failed to render chat template: {_reason(error)}") from error

    def _refusal(self, prompt: Prompt, message: str) -> ConversionError:
        return ConversionError(message, prompt_id=prompt.id, framework=self.framework)


def _word(member: object) -> str:
    return str(getattr(member, "value", member))


def _reason(error: Exception) -> str:
    # The library's own errors never hold a value; of a stranger's only the kind is repeated.
    return error.message if isinstance(error, PromptManagerError) else type(error).__name__
