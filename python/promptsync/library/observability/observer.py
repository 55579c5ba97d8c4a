"""An observer that does nothing, to inherit from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promptsync.library.models import PromptExecution
    from promptsync.library.prompts import Prompt, PromptVersion


class Observer:
    """Has every hook, so that whoever inherits writes only those of interest."""

    def on_render_start(self, prompt_id: str, version: str, variables: Mapping[str, Any]) -> None:
        """A render begins."""

    def on_render_complete(self, prompt_id: str, version: str, execution: PromptExecution) -> None:
        """A render ended well."""

    def on_render_error(self, prompt_id: str, version: str, error: Exception) -> None:
        """A render failed."""

    def on_prompt_registered(self, prompt: Prompt) -> None:
        """A prompt, or a new version of one, was registered."""

    def on_prompt_updated(self, prompt: Prompt) -> None:
        """A registered version was replaced."""

    def on_prompt_deleted(self, prompt: Prompt) -> None:
        """A version was deleted."""

    def on_version_created(self, version: PromptVersion) -> None:
        """A version went into the history."""
