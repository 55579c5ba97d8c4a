"""The class that plugins inherit from."""

from promptsync.library.plugins.base import BasePlugin

__all__ = ["BasePlugin"]
