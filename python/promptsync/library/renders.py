"""One render from beginning to end: cache, template, metrics, observers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptsync._awaitable import Text
from promptsync.library.cache import cache_key
from promptsync.library.models import PromptExecution
from promptsync.library.notices import ask, tell
from promptsync.library.rendering import output_schema, rendered_text, with_schema

if TYPE_CHECKING:
    from promptsync.library.prompts import Prompt
    from promptsync.library.protocols import TemplateEngineProtocol
    from promptsync.library.schema_loader import SchemaLoader


@dataclass
class Surroundings:
    """Who takes part in a render beside the prompt; all but the engine may be absent."""

    engine: TemplateEngineProtocol
    cache: object | None = None
    metrics: object | None = None
    observers: Sequence[object] = ()


def render(
    prompt: Prompt, variables: Mapping[str, Any], loader: SchemaLoader, around: Surroundings, *, use_cache: bool
) -> Text:
    """Render a prompt. Each render is counted once and ends with one notice, whether the cache had it or not."""
    started = time.perf_counter()
    tell(around.observers, "on_render_start", prompt.id, prompt.version, variables)
    try:
        text, cached = _text(prompt, variables, loader, around, use_cache)
    except Exception as error:
        ask(around.metrics, "record_render", prompt.id, prompt.version, _milliseconds(started), False)
        tell(around.observers, "on_render_error", prompt.id, prompt.version, error)
        raise
    duration = _milliseconds(started)
    ask(around.metrics, "record_render", prompt.id, prompt.version, duration, True)
    if around.observers:
        execution = PromptExecution(
            prompt_id=prompt.id,
            prompt_version=prompt.version,
            variables=dict(variables),
            rendered_content=text,
            success=True,
            duration_ms=duration,
            metadata={"cached": cached},
        )
        tell(around.observers, "on_render_complete", prompt.id, prompt.version, execution)
    return Text(text)


def _text(
    prompt: Prompt, variables: Mapping[str, Any], loader: SchemaLoader, around: Surroundings, use_cache: bool
) -> tuple[str, bool]:
    schema = output_schema(prompt, loader)
    ending = "" if schema is None else with_schema("", schema)
    key = None
    if use_cache and around.cache is not None:
        # The content is part of the key, so a version that was replaced is never served from the cache.
        content = prompt.model_dump_json(include={"template", "chat_template"}) + ending
        key = cache_key(prompt.id, prompt.version, content, variables)
    if key is not None:
        cached = ask(around.cache, "get", key)
        if isinstance(cached, str):
            ask(around.metrics, "record_cache_hit", prompt.id)
            return cached, True
        ask(around.metrics, "record_cache_miss", prompt.id)
    text = rendered_text(prompt, variables, around.engine) + ending
    if key is not None:
        ask(around.cache, "set", key, text)
    return text, False


def _milliseconds(started: float) -> float:
    return (time.perf_counter() - started) * 1000
