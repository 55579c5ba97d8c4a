"""What happens to prompts, in the log of the program."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from promptsync.library.exceptions import PromptManagerError
from promptsync.library.observability.observer import Observer

if TYPE_CHECKING:
    from promptsync.library.models import PromptExecution
    from promptsync.library.prompts import Prompt, PromptVersion

logger = logging.getLogger("promptsync.library.observer")


class LoggingObserver(Observer):
    """Writes a line for every event, to the logger ``promptsync.library.observer``.

    Lines have the names of variables and never their values. The same facts are fields of the record, for handlers that
    write JSON: ``prompt_id``, ``prompt_version`` and what else is known.

    Args:
        log_level: The level of what goes well, ``"INFO"`` or a number of ``logging``. Failures are errors.
    """

    def __init__(self, log_level: str | int = "INFO") -> None:
        level = logging.getLevelName(log_level.upper()) if isinstance(log_level, str) else log_level
        if not isinstance(level, int):
            raise ValueError(f"There is no log level {log_level!r}")
        self._level = level

    def on_render_start(self, prompt_id: str, version: str, variables: Mapping[str, Any]) -> None:
        """Log the names of the variables."""
        names = sorted(variables)
        self._log("render of %s %s begins", prompt_id, version, prompt_variables=names)

    def on_render_complete(self, prompt_id: str, version: str, execution: PromptExecution) -> None:
        """Log how long it took, and how long the text is."""
        self._log(
            "render of %s %s ended",
            prompt_id,
            version,
            execution_id=str(execution.execution_id),
            duration_ms=execution.duration_ms,
            content_length=len(execution.rendered_content),
        )

    def on_render_error(self, prompt_id: str, version: str, error: Exception) -> None:
        """Log the kind of error, and the words of the library's own, which hold no values."""
        kind = type(error).__name__
        reason = f"{kind}: {error.message}" if isinstance(error, PromptManagerError) else kind
        fields = {"prompt_id": prompt_id, "prompt_version": version, "error_type": kind}
        logger.error("render of %s %s failed: %s", prompt_id, version, reason, extra=fields)

    def on_prompt_registered(self, prompt: Prompt) -> None:
        """Log that a prompt was registered."""
        self._log("%s %s was registered", prompt.id, prompt.version)

    def on_prompt_updated(self, prompt: Prompt) -> None:
        """Log that a prompt was updated."""
        self._log("%s %s was updated", prompt.id, prompt.version)

    def on_prompt_deleted(self, prompt: Prompt) -> None:
        """Log that a prompt was deleted."""
        self._log("%s %s was deleted", prompt.id, prompt.version)

    def on_version_created(self, version: PromptVersion) -> None:
        """Log that a version went into the history, and who made it."""
        self._log("%s %s is a new version", version.prompt.id, version.version, created_by=version.created_by)

    def _log(self, message: str, prompt_id: str, version: str, **fields: Any) -> None:
        if logger.isEnabledFor(self._level):
            extra = {"prompt_id": prompt_id, "prompt_version": version, **fields}
            logger.log(self._level, message, prompt_id, version, extra=extra)
