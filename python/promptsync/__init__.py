"""Prompts for applications: from memory, up to date, and there when the server is not.

>>> from promptsync import PromptManager
>>> import tempfile, pathlib
>>> folder = pathlib.Path(tempfile.mkdtemp())
>>> _ = (folder / "greeting.txt").write_text("Dear {{ name }},")
>>> with PromptManager(prompt_dir=folder) as pm:
...     prompt = pm.get("greeting")
...     print(prompt.format(name="Ann"), prompt.source)
Dear Ann, folder
"""

from __future__ import annotations

from promptsync import errors
from promptsync._core import __version__
from promptsync._typing import TYPE_CHECKING, Any
from promptsync.errors import PromptSyncError
from promptsync.manager import PromptManager
from promptsync.prompt import Prompt

if TYPE_CHECKING:
    from promptsync._core import Template
    from promptsync.async_manager import AsyncPromptManager
    from promptsync.changes import Change
    from promptsync.diff import PromptDiff
    from promptsync.rendered import Messages, Text

__all__ = [
    "AsyncPromptManager",
    "Change",
    "Messages",
    "Prompt",
    "PromptDiff",
    "PromptManager",
    "PromptSyncError",
    "Template",
    "Text",
    "__version__",
    "errors",
]

_LATER = {
    "AsyncPromptManager": "promptsync.async_manager",
    "Change": "promptsync.changes",
    "Messages": "promptsync.rendered",
    "PromptDiff": "promptsync.diff",
    "Template": "promptsync._core",
    "Text": "promptsync.rendered",
}


def __getattr__(name: str) -> Any:
    # Imported when they are asked for: the package is imported faster without.
    place = _LATER.get(name)
    if place is None:
        raise AttributeError(f"module 'promptsync' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(place), name)
