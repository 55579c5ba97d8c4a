"""The names of ``agentic-prompt-manager``, served by PromptSync: see :mod:`promptsync.library`."""

from promptsync.library.exceptions import (
    PromptError,
    PromptManagerError,
    PromptNotFoundError,
    PromptValidationError,
    TemplateError,
)
from promptsync.library.manager import PromptManager
from promptsync.library.models import PromptMetadata
from promptsync.library.prompts import Prompt, PromptVersion
from promptsync.library.registry import PromptRegistry
from promptsync.library.templates import TemplateEngine
from promptsync.library.versions import VersionStore

__all__ = [
    "Prompt",
    "PromptError",
    "PromptManager",
    "PromptManagerError",
    "PromptMetadata",
    "PromptNotFoundError",
    "PromptRegistry",
    "PromptValidationError",
    "PromptVersion",
    "TemplateEngine",
    "TemplateError",
    "VersionStore",
    "__version__",
]

__version__ = "0.1.0"
