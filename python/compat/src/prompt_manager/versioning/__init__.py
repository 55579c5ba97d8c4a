"""The history of prompts, see :mod:`promptsync.library.versions`."""

from promptsync.library.versions import VersionStore

__all__ = ["VersionStore"]
