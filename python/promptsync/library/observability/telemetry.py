"""Renders as spans of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from promptsync.library.exceptions import IntegrationNotAvailableError
from promptsync.library.observability.observer import Observer

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from promptsync.library.models import PromptExecution
    from promptsync.library.prompts import Prompt, PromptVersion


class _Open(NamedTuple):
    observer: int
    prompt_id: str
    version: str
    span: Span


# The renders that have begun and not ended, innermost last. A context is a thread's or a task's own, so renders of the
# same prompt side by side each find the span that they began. One variable for all observers, because a context keeps
# its variables for ever.
_open_spans: ContextVar[tuple[_Open, ...]] = ContextVar("promptsync_open_spans", default=())


class OpenTelemetryObserver(Observer):
    """Makes a span ``prompt.render`` for every render, and one for every change of a prompt.

    Spans have the names of variables and never their values, nor the text. Without a configured SDK they cost nothing.

    Args:
        tracer_name: The instrumentation's name.
    """

    def __init__(self, tracer_name: str = "promptsync") -> None:
        try:
            from opentelemetry import trace
        except ImportError as error:
            raise IntegrationNotAvailableError("opentelemetry", "otel") from error
        self._tracer = trace.get_tracer(tracer_name)
        self._failed = trace.StatusCode.ERROR

    def on_render_start(self, prompt_id: str, version: str, variables: Mapping[str, Any]) -> None:
        """Begin a span."""
        names = sorted(str(name) for name in variables)
        attributes = {
            **_named(prompt_id, version),
            "prompt.variable_count": len(names),
            "prompt.variables": names,
        }
        span = self._tracer.start_span("prompt.render", attributes=attributes)
        _open_spans.set((*_open_spans.get(), _Open(id(self), prompt_id, version, span)))

    def on_render_complete(self, prompt_id: str, version: str, execution: PromptExecution) -> None:
        """End the span with what is known of the render."""
        span = self._take(prompt_id, version)
        if span is None:
            return
        span.set_attribute("prompt.execution_id", str(execution.execution_id))
        span.set_attribute("prompt.content_length", len(execution.rendered_content))
        if execution.duration_ms is not None:
            span.set_attribute("prompt.duration_ms", execution.duration_ms)
        span.end()

    def on_render_error(self, prompt_id: str, version: str, error: Exception) -> None:
        """End the span as failed, with the kind of the error; its text may hold values and stays out."""
        span = self._take(prompt_id, version)
        if span is None:
            return
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(self._failed)
        span.end()

    def on_prompt_registered(self, prompt: Prompt) -> None:
        """Make a span ``prompt.register``."""
        self._mark("prompt.register", prompt.id, prompt.version)

    def on_prompt_updated(self, prompt: Prompt) -> None:
        """Make a span ``prompt.update``."""
        self._mark("prompt.update", prompt.id, prompt.version)

    def on_prompt_deleted(self, prompt: Prompt) -> None:
        """Make a span ``prompt.delete``."""
        self._mark("prompt.delete", prompt.id, prompt.version)

    def on_version_created(self, version: PromptVersion) -> None:
        """Make a span ``prompt.version.create``."""
        self._mark("prompt.version.create", version.prompt.id, version.version)

    def _mark(self, name: str, prompt_id: str, version: str) -> None:
        self._tracer.start_span(name, attributes=_named(prompt_id, version)).end()

    def _take(self, prompt_id: str, version: str) -> Span | None:
        """The span of the innermost open render of this prompt; what was left open inside of it ends with it."""
        opened = _open_spans.get()
        for index in range(len(opened) - 1, -1, -1):
            entry = opened[index]
            if (entry.observer, entry.prompt_id, entry.version) == (id(self), prompt_id, version):
                inside = [later for later in opened[index + 1 :] if later.observer == id(self)]
                others = tuple(later for later in opened[index + 1 :] if later.observer != id(self))
                _open_spans.set(opened[:index] + others)
                for later in inside:
                    later.span.end()
                return entry.span
        return None


def _named(prompt_id: str, version: str) -> dict[str, Any]:
    # Twice: the names that this library always had, and those of the conventions for generative AI.
    return {
        "prompt.id": prompt_id,
        "prompt.version": version,
        "gen_ai.prompt.name": prompt_id,
        "gen_ai.prompt.version": version,
    }
