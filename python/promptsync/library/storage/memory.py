"""Prompts in memory, for tests and for programs that keep nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from promptsync._awaitable import DONE, Done, Flag, Items
from promptsync.library.exceptions import PromptNotFoundError
from promptsync.library.prompt_filter import latest, matches
from promptsync.library.prompts import Prompt, copied


class InMemoryStorage:
    """Keeps copies of prompts, and gives out copies; safe to use from several threads.

    >>> storage = InMemoryStorage()
    >>> _ = storage.save(Prompt(id="hi", format="text", template={"content": "Hi"}))
    >>> storage.load("hi").version
    '1.0.0'
    """

    def __init__(self) -> None:
        self._prompts: dict[str, dict[str, Prompt]] = {}
        self._lock = threading.RLock()

    def save(self, prompt: Prompt) -> Done:
        """Keep a prompt; the same version is replaced."""
        with self._lock:
            self._prompts.setdefault(prompt.id, {})[prompt.version] = copied(prompt)
        return DONE

    def load(self, prompt_id: str, version: str | None = None) -> Prompt:
        """Give a version of a prompt, the highest if none is named."""
        with self._lock:
            versions = self._prompts.get(prompt_id)
            if not versions or (version is not None and version not in versions):
                raise PromptNotFoundError(prompt_id, version)
            return copied(latest(versions.values()) if version is None else versions[version])

    def delete(self, prompt_id: str, version: str | None = None) -> Done:
        """Remove a version, or all of a prompt."""
        with self._lock:
            versions = self._prompts.get(prompt_id)
            if not versions or (version is not None and version not in versions):
                raise PromptNotFoundError(prompt_id, version)
            if version is not None:
                del versions[version]
            if version is None or not versions:
                del self._prompts[prompt_id]
        return DONE

    def list(self, *, tags: Sequence[str] | None = None, status: str | None = None) -> Items[Prompt]:
        """Give the highest version of each prompt, by id."""
        with self._lock:
            prompts = [latest(versions.values()) for _, versions in sorted(self._prompts.items())]
            return Items(copied(prompt) for prompt in prompts if matches(prompt, tags=tags, status=status))

    def exists(self, prompt_id: str, version: str | None = None) -> Flag:
        """Tell whether a prompt, or a version of it, is kept."""
        with self._lock:
            versions = self._prompts.get(prompt_id, {})
            return Flag(bool(versions) if version is None else version in versions)

    def clear(self) -> Done:
        """Remove everything."""
        with self._lock:
            self._prompts.clear()
        return DONE
