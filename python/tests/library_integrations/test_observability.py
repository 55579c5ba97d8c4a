"""Observers tell what happened and keep values to themselves."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timezone
from threading import Thread
from typing import Any

import pytest

from promptsync.library.exceptions import TemplateRenderError
from promptsync.library.models import PromptExecution
from promptsync.library.observability import LoggingObserver, MetricsCollector, OpenTelemetryObserver
from promptsync.library.observability.observer import Observer
from promptsync.library.prompts import PromptVersion
from promptsync.library.protocols import MetricsCollectorProtocol, ObserverProtocol

from .conftest import Text

SECRET = "hunter2"


def execution(prompt_id: str = "greeting", **fields: Any) -> PromptExecution:
    return PromptExecution(
        prompt_id=prompt_id,
        prompt_version="1.0.0",
        variables={"password": SECRET},
        rendered_content=f"It is {SECRET}.",
        success=True,
        duration_ms=1.5,
        **fields,
    )


def every_hook(observer: Observer, text: Text) -> None:
    """Calls every hook, with a secret wherever a value can be."""
    prompt = text("Hi {{password}}")
    observer.on_render_start("greeting", "1.0.0", {"password": SECRET})
    observer.on_render_complete("greeting", "1.0.0", execution())
    observer.on_render_start("greeting", "1.0.0", {"password": SECRET})
    observer.on_render_error("greeting", "1.0.0", ValueError(f"cannot use {SECRET}"))
    observer.on_prompt_registered(prompt)
    observer.on_prompt_updated(prompt)
    observer.on_prompt_deleted(prompt)
    observer.on_version_created(PromptVersion(prompt=prompt, version="1.0.0", created_by="ada"))


@pytest.mark.parametrize("kind", [Observer, LoggingObserver, MetricsCollector, OpenTelemetryObserver])
def test_every_observer_has_every_hook(kind: type[Observer], text: Text) -> None:
    if kind is OpenTelemetryObserver:
        pytest.importorskip("opentelemetry.trace", reason="`opentelemetry-api` is not installed")
    observer = kind()
    every_hook(observer, text)
    assert isinstance(observer, ObserverProtocol)


def test_the_log_has_names_and_numbers_and_no_values(text: Text, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "promptsync.library.observer"):
        every_hook(LoggingObserver(), text)
    assert [record.getMessage() for record in caplog.records] == [
        "render of greeting 1.0.0 begins",
        "render of greeting 1.0.0 ended",
        "render of greeting 1.0.0 begins",
        "render of greeting 1.0.0 failed: ValueError",
        "text 1.0.0 was registered",
        "text 1.0.0 was updated",
        "text 1.0.0 was deleted",
        "text 1.0.0 is a new version",
    ]
    assert caplog.records[0].__dict__["prompt_variables"] == ["password"]
    assert caplog.records[1].__dict__["duration_ms"] == 1.5
    assert all(SECRET not in str(record.__dict__) for record in caplog.records)


def test_the_log_says_what_the_library_says_of_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    error = TemplateRenderError("{{name}}", ["other"], LookupError("Could not find variable 'name'"))
    LoggingObserver().on_render_error("greeting", "1.0.0", error)
    assert "Could not find variable 'name'" in caplog.text


def test_the_level_is_that_of_what_goes_well(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "promptsync.library.observer"):
        LoggingObserver("debug").on_render_start("greeting", "1.0.0", {})
        LoggingObserver(logging.WARNING).on_render_start("greeting", "1.0.0", {})
    assert [record.levelname for record in caplog.records] == ["DEBUG", "WARNING"]
    with pytest.raises(ValueError, match="no log level 'loud'"):
        LoggingObserver("loud")


def test_metrics_count_renders_errors_and_the_cache() -> None:
    metrics = MetricsCollector()
    for milliseconds in range(1, 11):
        metrics.record_render("greeting", "1.0.0", float(milliseconds), True)
    metrics.record_render("greeting", "1.0.0", 100.0, False)
    metrics.record_cache_hit("greeting")
    metrics.record_cache_hit("greeting")
    metrics.record_cache_miss("other")
    found = metrics.get_metrics()
    summary = found["summary"]
    assert (summary["total_renders"], summary["total_errors"]) == (10, 1)
    assert (summary["total_cache_hits"], summary["total_cache_misses"]) == (2, 1)
    assert summary["cache_hit_rate"] == 0.667
    assert summary["first_render"] <= summary["last_render"]
    assert found["performance"] == {
        "avg_duration_ms": 5.5,
        "min_duration_ms": 1.0,
        "max_duration_ms": 10.0,
        "p50_duration_ms": 6.0,
        "p95_duration_ms": 10.0,
        "p99_duration_ms": 10.0,
    }
    row = {"renders": 10, "errors": 1, "cache_hits": 2, "cache_misses": 0, "avg_duration_ms": 5.5}
    empty = {"renders": 0, "errors": 0, "cache_hits": 0, "cache_misses": 1, "avg_duration_ms": 0}
    assert found["per_prompt"] == [{"prompt": "greeting:1.0.0", **row}, {"prompt": "other", **empty}]
    assert isinstance(metrics, MetricsCollectorProtocol)


def test_metrics_begin_empty_and_can_begin_again() -> None:
    metrics = MetricsCollector()
    empty = metrics.get_metrics()
    assert empty["summary"]["first_render"] is None
    assert set(empty["performance"].values()) == {0.0}
    metrics.record_render("greeting", "1.0.0", 1.0, True)
    metrics.reset()
    assert metrics.get_metrics() == empty


def test_metrics_keep_only_the_latest_durations() -> None:
    metrics = MetricsCollector(window=3)
    for milliseconds in (1000.0, 1.0, 2.0, 3.0):
        metrics.record_render("greeting", "1.0.0", milliseconds, True)
    assert metrics.get_metrics()["performance"]["max_duration_ms"] == 3.0
    assert metrics.get_metrics()["summary"]["total_renders"] == 4


def test_metrics_forget_prompts_before_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promptsync.library.observability.metrics._MOST_PROMPTS", 2)
    metrics = MetricsCollector()
    for prompt_id in ("first", "second", "third"):
        metrics.record_render(prompt_id, "1.0.0", 1.0, True)
    found = metrics.get_metrics()
    assert [row["prompt"] for row in found["per_prompt"]] == ["second:1.0.0", "third:1.0.0"]
    assert found["summary"]["total_renders"] == 3


@pytest.mark.parametrize("zone", [timezone.utc, None])
def test_metrics_since_a_time_leave_out_what_was_before(zone: timezone | None) -> None:
    metrics = MetricsCollector()
    metrics.record_render("greeting", "1.0.0", 1.0, True)
    assert metrics.get_metrics(since=datetime(2001, 1, 1, tzinfo=zone))["performance"]["avg_duration_ms"] == 1.0
    assert metrics.get_metrics(since=datetime(2999, 1, 1, tzinfo=zone))["performance"]["avg_duration_ms"] == 0.0


def test_metrics_of_many_threads_lose_nothing() -> None:
    metrics = MetricsCollector(window=100)

    def record() -> None:
        for _ in range(1000):
            metrics.record_render("greeting", "1.0.0", 1.0, True)

    threads = [Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert metrics.get_metrics()["summary"]["total_renders"] == 4000


class Traces:
    """An observer of which the spans can be looked at."""

    def __init__(self) -> None:
        sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="`opentelemetry-sdk` is not installed")
        export = pytest.importorskip("opentelemetry.sdk.trace.export")
        memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
        self.exporter = memory.InMemorySpanExporter()
        provider = sdk.TracerProvider()
        provider.add_span_processor(export.SimpleSpanProcessor(self.exporter))
        self.observer = OpenTelemetryObserver()
        self.observer._tracer = provider.get_tracer("promptsync")

    @property
    def spans(self) -> list[Any]:
        return list(self.exporter.get_finished_spans())


@pytest.fixture
def traces() -> Traces:
    return Traces()


def test_spans_have_names_and_numbers_and_no_values(traces: Traces, text: Text) -> None:
    every_hook(traces.observer, text)
    assert [span.name for span in traces.spans] == [
        "prompt.render",
        "prompt.render",
        "prompt.register",
        "prompt.update",
        "prompt.delete",
        "prompt.version.create",
    ]
    attributes = dict(traces.spans[0].attributes)
    assert attributes.pop("prompt.execution_id")
    assert attributes == {
        "prompt.id": "greeting",
        "prompt.version": "1.0.0",
        "gen_ai.prompt.name": "greeting",
        "gen_ai.prompt.version": "1.0.0",
        "prompt.variable_count": 1,
        "prompt.variables": ("password",),
        "prompt.content_length": len(f"It is {SECRET}."),
        "prompt.duration_ms": 1.5,
    }
    assert traces.spans[1].status.status_code.name == "ERROR"
    assert traces.spans[1].attributes["error.type"] == "ValueError"
    assert all(SECRET not in span.to_json() for span in traces.spans)


def test_renders_of_one_prompt_side_by_side_each_have_their_span(traces: Traces) -> None:
    async def render(gate: asyncio.Event, waiting: asyncio.Event | None, name: str) -> None:
        traces.observer.on_render_start("greeting", "1.0.0", {name: SECRET})
        if waiting is not None:
            waiting.set()
        await gate.wait()
        traces.observer.on_render_complete("greeting", "1.0.0", execution(metadata={"name": name}))

    async def both() -> None:
        first, second, ready = asyncio.Event(), asyncio.Event(), asyncio.Event()
        tasks = [asyncio.create_task(render(first, None, "first"))]
        tasks.append(asyncio.create_task(render(second, ready, "second")))
        await ready.wait()
        # The one that began first ends first, which a stack for all of them would mix up.
        first.set()
        await tasks[0]
        second.set()
        await tasks[1]

    asyncio.run(both())
    assert [span.attributes["prompt.variables"] for span in traces.spans] == [("first",), ("second",)]


def test_a_render_inside_of_another_has_its_own_span(traces: Traces) -> None:
    traces.observer.on_render_start("outer", "1.0.0", {"a": 1})
    traces.observer.on_render_start("inner", "1.0.0", {"b": 1})
    traces.observer.on_render_complete("inner", "1.0.0", execution("inner"))
    traces.observer.on_render_complete("outer", "1.0.0", execution("outer"))
    assert [span.attributes["prompt.id"] for span in traces.spans] == ["inner", "outer"]


def test_a_span_that_nobody_ended_ends_with_the_one_around_it(traces: Traces) -> None:
    traces.observer.on_render_start("outer", "1.0.0", {})
    traces.observer.on_render_start("forgotten", "1.0.0", {})
    traces.observer.on_render_complete("outer", "1.0.0", execution("outer"))
    assert sorted(span.attributes["prompt.id"] for span in traces.spans) == ["forgotten", "outer"]


def test_two_observers_do_not_take_each_others_spans() -> None:
    first, second = Traces(), Traces()
    for traces in (first, second):
        traces.observer.on_render_start("greeting", "1.0.0", {})
    first.observer.on_render_complete("greeting", "1.0.0", execution())
    assert (len(first.spans), len(second.spans)) == (1, 0)
    second.observer.on_render_complete("greeting", "1.0.0", execution())
    assert (len(first.spans), len(second.spans)) == (1, 1)


def test_an_end_without_beginning_is_no_span(traces: Traces) -> None:
    traces.observer.on_render_complete("greeting", "1.0.0", execution())
    traces.observer.on_render_error("greeting", "1.0.0", ValueError())
    assert traces.spans == []
