"""The history of prompts."""

from promptsync.library.versions import VersionStore

__all__ = ["VersionStore"]
