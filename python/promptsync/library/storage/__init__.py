"""Where prompts are kept: in memory, or as files."""

from promptsync.library.storage.files import FileSystemStorage
from promptsync.library.storage.memory import InMemoryStorage
from promptsync.library.storage.yaml_loader import YAMLLoader

__all__ = ["FileSystemStorage", "InMemoryStorage", "YAMLLoader"]
