"""Plugins and observers at work in the library's manager."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from promptsync.library import PromptManager, PromptRegistry
from promptsync.library.exceptions import PromptManagerError
from promptsync.library.observability import LoggingObserver, MetricsCollector
from promptsync.library.plugins.openai_plugin import OpenAIPlugin

from .conftest import Chat, Text
from .test_observability import Traces, traces

__all__ = ["traces"]

SECRET = "hunter2"


def managed(*observers: Any, metrics: MetricsCollector | None = None) -> PromptManager:
    return PromptManager(PromptRegistry(), metrics=metrics, observers=list(observers))


def test_a_plugin_renders_for_its_framework(chat: Chat) -> None:
    manager = managed()
    manager.create_prompt(chat(("user", "Hi {{name}}")))
    plugin = OpenAIPlugin()
    plugin.initialize({})
    manager.register_plugin(plugin)
    assert manager.render_for_plugin("chat", {"name": "Ada"}, "openai") == [{"role": "user", "content": "Hi Ada"}]


def test_every_change_and_render_is_in_the_log_without_values(text: Text, caplog: pytest.LogCaptureFixture) -> None:
    manager = managed(LoggingObserver())
    with caplog.at_level(logging.INFO, "promptsync.library"):
        manager.create_prompt(text("Hi {{name}}"))
        manager.render("text", {"name": SECRET})
        with pytest.raises(PromptManagerError):
            manager.render("text", {"nam": SECRET})
    messages = [record.getMessage() for record in caplog.records if record.name == "promptsync.library.observer"]
    assert messages[:4] == [
        "text 1.0.0 was registered",
        "render of text 1.0.0 begins",
        "render of text 1.0.0 ended",
        "render of text 1.0.0 begins",
    ]
    assert "Could not find variable 'name'" in messages[4]
    assert all(SECRET not in str(record.__dict__) for record in caplog.records)


def test_metrics_are_the_same_as_metrics_and_as_an_observer(text: Text) -> None:
    given, watching = MetricsCollector(), MetricsCollector()
    manager = managed(watching, metrics=given)
    manager.create_prompt(text("Hi {{name}}"))
    for _ in range(3):
        manager.render("text", {"name": "Ada"})
    with pytest.raises(PromptManagerError):
        manager.render("text", {})
    for metrics in (given.get_metrics(), watching.get_metrics(), manager.get_metrics()["operations"]):
        assert (metrics["summary"]["total_renders"], metrics["summary"]["total_errors"]) == (3, 1)


def test_every_render_of_many_threads_has_one_span(text: Text, traces: Traces) -> None:
    manager = managed(traces.observer)
    manager.create_prompt(text("Hi {{name}}"))
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda number: manager.render("text", {"name": number}), range(200)))
    assert sorted(texts) == sorted(f"Hi {number}" for number in range(200))
    renders = [span for span in traces.spans if span.name == "prompt.render"]
    assert len(renders) == 200
    assert len({span.attributes["prompt.execution_id"] for span in renders}) == 200


def test_renders_of_many_tasks_have_spans_of_their_own(text: Text, traces: Traces) -> None:
    manager = managed(traces.observer)
    manager.create_prompt(text("Hi {{name}}"))

    async def all_at_once() -> list[Any]:
        return list(await asyncio.gather(*(manager.render("text", {"name": number}) for number in range(20))))

    assert asyncio.run(all_at_once()) == [f"Hi {number}" for number in range(20)]
    assert len([span for span in traces.spans if span.name == "prompt.render"]) == 20
