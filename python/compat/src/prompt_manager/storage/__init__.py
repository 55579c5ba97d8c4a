"""Where prompts are kept, see :mod:`promptsync.library.storage`."""

from promptsync.library.storage import FileSystemStorage, InMemoryStorage, YAMLLoader

__all__ = ["FileSystemStorage", "InMemoryStorage", "YAMLLoader"]
