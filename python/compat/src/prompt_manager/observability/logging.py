"""The class ``LoggingObserver``."""

from promptsync.library.observability import LoggingObserver

__all__ = ["LoggingObserver"]
