"""Observers, see :mod:`promptsync.library.observability`."""

from promptsync.library.observability import LoggingObserver, MetricsCollector, OpenTelemetryObserver

__all__ = ["LoggingObserver", "MetricsCollector", "OpenTelemetryObserver"]
