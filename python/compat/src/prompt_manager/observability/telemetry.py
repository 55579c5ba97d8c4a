"""The class ``OpenTelemetryObserver``."""

from promptsync.library.observability import OpenTelemetryObserver

__all__ = ["OpenTelemetryObserver"]
