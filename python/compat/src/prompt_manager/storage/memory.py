"""Prompts in memory."""

from promptsync.library.storage.memory import InMemoryStorage

__all__ = ["InMemoryStorage"]
