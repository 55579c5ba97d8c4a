"""What a plugin is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from promptsync._awaitable import DONE, AwaitableValue, Done
from promptsync.library.exceptions import PluginError

if TYPE_CHECKING:
    from promptsync.library.prompts import Prompt


class BasePlugin(AwaitableValue, ABC):
    """Renders prompts in the form of a framework, once it is initialized.

    A plugin of your own has to have ``render_for_framework``; ``_initialize_impl`` is for what it needs before.

    >>> class Shout(BasePlugin):
    ...     def render_for_framework(self, prompt, variables):
    ...         return prompt.id.upper()
    >>> Shout("shout", "1.0.0")
    Shout(name='shout', version='1.0.0')
    """

    def __init__(self, name: str, version: str) -> None:
        self.name = name
        self.version = version
        self._config: dict[str, Any] = {}
        self._initialized = False

    def initialize(self, config: Mapping[str, Any]) -> Done:
        """Get ready with a configuration; whatever fails is a ``PluginError``."""
        self._config = dict(config)
        try:
            self._initialize_impl(self._config)
        except Exception as error:
            reason = getattr(error, "message", None) or error
            raise PluginError(f"Failed to initialize plugin {self.name}: {reason}") from error
        self._initialized = True
        return DONE

    def shutdown(self) -> Done:
        """Let go of what ``initialize`` took."""
        self._initialized = False
        return DONE

    @abstractmethod
    def render_for_framework(self, prompt: Prompt, variables: Mapping[str, Any]) -> Any:
        """Render a prompt in the form of the framework."""

    def validate_compatibility(self, prompt: Prompt) -> bool:
        """Tell whether the framework has a form for this prompt; a plugin that says nothing else takes every one."""
        return True

    def get_config(self) -> dict[str, Any]:
        """Give a copy of the configuration."""
        return dict(self._config)

    def _initialize_impl(self, config: Mapping[str, Any]) -> None:
        """Make what rendering needs; most plugins need nothing."""

    def _ensure_initialized(self) -> None:
        if not self._initialized:
            raise PluginError(f"Plugin {self.name} not initialized")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, version={self.version!r})"
