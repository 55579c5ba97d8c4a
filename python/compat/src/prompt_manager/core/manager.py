"""The manager, see :mod:`promptsync.library.manager`."""

from promptsync.library.manager import PromptManager

__all__ = ["PromptManager"]
