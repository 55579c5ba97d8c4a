"""What may take the place of the parts of the manager.

Each is checked by its methods alone, so nothing has to be inherited. Results are loose on purpose: a method may give a
plain value, an awaitable one, or be a coroutine function.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from promptsync.library.models import PromptExecution
    from promptsync.library.prompts import Prompt, PromptVersion


@runtime_checkable
class TemplateEngineProtocol(Protocol):
    """Renders templates."""

    def render(self, template: str, variables: Mapping[str, Any], *, partials: Mapping[str, str] | None = None) -> str:
        """Render a template."""
        ...

    def validate(self, template: str) -> int:
        """Tell whether a template follows its language, or raise."""
        ...

    def extract_variables(self, template: str) -> Sequence[str]:
        """Give the names that a template reads."""
        ...


@runtime_checkable
class StorageBackendProtocol(Protocol):
    """Keeps prompts."""

    def save(self, prompt: Prompt) -> object:
        """Keep a prompt."""
        ...

    def load(self, prompt_id: str, version: str | None = None) -> Prompt:
        """Give a prompt, or raise ``PromptNotFoundError``."""
        ...

    def delete(self, prompt_id: str, version: str | None = None) -> object:
        """Remove a prompt, or one version of it."""
        ...

    def list(self, *, tags: Sequence[str] | None = None, status: str | None = None) -> Sequence[Prompt]:
        """Give the prompts, each in its current version."""
        ...

    def exists(self, prompt_id: str, version: str | None = None) -> int:
        """Tell whether a prompt is kept."""
        ...


@runtime_checkable
class VersionStoreProtocol(Protocol):
    """Keeps the history of prompts."""

    def save_version(self, version: PromptVersion) -> object:
        """Keep a version."""
        ...

    def get_version(self, prompt_id: str, version: str) -> PromptVersion:
        """Give one version, or raise ``VersionNotFoundError``."""
        ...

    def list_versions(self, prompt_id: str) -> Sequence[PromptVersion]:
        """Give all versions of a prompt, newest first."""
        ...

    def get_latest(self, prompt_id: str) -> PromptVersion:
        """Give the newest version."""
        ...

    def get_history(
        self, prompt_id: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[PromptVersion]:
        """Give the versions made in a period, newest first."""
        ...


@runtime_checkable
class CacheProtocol(Protocol):
    """Keeps rendered texts."""

    def get(self, key: str) -> str | None:
        """Give the text of a key, or ``None``."""
        ...

    def set(self, key: str, value: str, *, ttl: int | None = None) -> object:
        """Keep a text, for ``ttl`` seconds if given."""
        ...

    def invalidate(self, pattern: str) -> int:
        """Drop the keys that match a pattern with ``*``, and give their number."""
        ...

    def clear(self) -> object:
        """Drop everything."""
        ...


@runtime_checkable
class MetricsCollectorProtocol(Protocol):
    """Counts renders."""

    def record_render(self, prompt_id: str, version: str, duration_ms: float, success: bool) -> object:
        """Count a render."""
        ...

    def record_cache_hit(self, prompt_id: str) -> object:
        """Count a text that the cache had."""
        ...

    def record_cache_miss(self, prompt_id: str) -> object:
        """Count a text that the cache did not have."""
        ...

    def get_metrics(self, *, since: datetime | None = None) -> dict[str, Any]:
        """Give the numbers."""
        ...


@runtime_checkable
class ObserverProtocol(Protocol):
    """Is told what happens. An observer may leave out any of these: the others are still called."""

    def on_render_start(self, prompt_id: str, version: str, variables: Mapping[str, Any]) -> object:
        """A render begins."""
        ...

    def on_render_complete(self, prompt_id: str, version: str, execution: PromptExecution) -> object:
        """A render ended well."""
        ...

    def on_render_error(self, prompt_id: str, version: str, error: Exception) -> object:
        """A render failed."""
        ...

    def on_prompt_registered(self, prompt: Prompt) -> object:
        """A prompt, or a new version of one, was registered."""
        ...

    def on_prompt_updated(self, prompt: Prompt) -> object:
        """A registered version was replaced."""
        ...

    def on_prompt_deleted(self, prompt: Prompt) -> object:
        """A version was deleted."""
        ...

    def on_version_created(self, version: PromptVersion) -> object:
        """A version went into the history."""
        ...


@runtime_checkable
class PluginProtocol(Protocol):
    """Renders prompts in the form of a framework."""

    name: str
    version: str

    def initialize(self, config: Mapping[str, Any]) -> object:
        """Get ready."""
        ...

    def render_for_framework(self, prompt: Prompt, variables: Mapping[str, Any]) -> Any:
        """Render a prompt in the form of the framework."""
        ...

    def validate_compatibility(self, prompt: Prompt) -> bool:
        """Tell whether the framework has a form for this prompt."""
        ...

    def shutdown(self) -> object:
        """Let go of what ``initialize`` took."""
        ...


@runtime_checkable
class EventStreamProtocol(Protocol):
    """Carries events between processes. The library itself uses none."""

    def publish(self, event_type: str, payload: Mapping[str, Any]) -> object:
        """Send an event."""
        ...

    def subscribe(self, event_type: str) -> AsyncIterator[Mapping[str, Any]]:
        """Give the events of a type as they come."""
        ...
