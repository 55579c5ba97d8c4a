"""Observers: what happens to prompts, in the log, in numbers, and as traces."""

from __future__ import annotations

from promptsync.library.observability.logging import LoggingObserver
from promptsync.library.observability.metrics import MetricsCollector
from promptsync.library.observability.telemetry import OpenTelemetryObserver

__all__ = ["LoggingObserver", "MetricsCollector", "OpenTelemetryObserver"]
