"""Prompts as files."""

from promptsync.library.storage.files import FileSystemStorage

__all__ = ["FileSystemStorage"]
