"""The class ``MetricsCollector``."""

from promptsync.library.observability import MetricsCollector

__all__ = ["MetricsCollector"]
