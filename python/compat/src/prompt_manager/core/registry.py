"""The registry, see :mod:`promptsync.library.registry`."""

from promptsync.library.registry import PromptRegistry

__all__ = ["PromptRegistry"]
