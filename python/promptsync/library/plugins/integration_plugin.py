"""A plugin that renders with an integration."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from promptsync._awaitable import Done
from promptsync.library.exceptions import PluginError
from promptsync.library.plugins.base import BasePlugin

if TYPE_CHECKING:
    from promptsync.library.integrations.base import BaseIntegration
    from promptsync.library.prompts import Prompt


class IntegrationPlugin(BasePlugin):
    """What the bundled plugins have in common. Their one setting is ``strict_validation``, true unless given."""

    framework: ClassVar[str]
    title: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self.framework, "1.0.0")
        self._integration: BaseIntegration[Any] | None = None

    def render_for_framework(self, prompt: Prompt, variables: Mapping[str, Any]) -> Any:
        """Give what the integration's ``convert`` gives."""
        return self._ready().convert(prompt, variables)

    def validate_compatibility(self, prompt: Prompt) -> bool:
        """Tell whether the framework has a form for this prompt."""
        return self._ready().validate_compatibility(prompt)

    def shutdown(self) -> Done:
        """Drop the integration."""
        self._integration = None
        return super().shutdown()

    @abstractmethod
    def _make_integration(self, strict_validation: bool) -> BaseIntegration[Any]:
        """Make the integration."""

    def _initialize_impl(self, config: Mapping[str, Any]) -> None:
        try:
            self._integration = self._make_integration(bool(config.get("strict_validation", True)))
        except Exception as error:
            reason = getattr(error, "message", None) or error
            raise PluginError(f"Failed to initialize {self.title} integration: {reason}") from error

    def _ready(self) -> BaseIntegration[Any]:
        self._ensure_initialized()
        if self._integration is None:
            raise PluginError("Integration not initialized")
        return self._integration
