"""The prompts of a process, by id and version."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from promptsync._awaitable import DONE, Count, Done, Flag, Items, Record
from promptsync.library.copies import Copies
from promptsync.library.event_loops import settle
from promptsync.library.exceptions import PromptNotFoundError
from promptsync.library.notices import tell
from promptsync.library.prompt_filter import latest, matches
from promptsync.library.prompts import Prompt, copied
from promptsync.library.version_numbers import parse_version

if TYPE_CHECKING:
    from promptsync.library.protocols import StorageBackendProtocol

logger = logging.getLogger("promptsync.library")


class PromptRegistry:
    """Holds prompts in memory and, with a storage, keeps them there too.

    It takes copies and gives copies, so nobody changes what is registered but through it. Safe to use from several
    threads.

    >>> registry = PromptRegistry()
    >>> _ = registry.register(Prompt(id="hi", format="text", template={"content": "Hi"}))
    >>> registry.get("hi").bump_version(), registry.get("hi").version
    ('1.0.1', '1.0.0')
    """

    def __init__(
        self, storage: StorageBackendProtocol | None = None, observers: Iterable[object] | None = None
    ) -> None:
        self._storage = storage
        self._observers: list[object] = list(observers or ())
        self._prompts: dict[str, dict[str, Prompt]] = {}
        # The highest version of each, by id; made when it is asked for, and gone with the next change.
        self._current: list[Prompt] | None = None
        self._lock = threading.RLock()

    def register(self, prompt: Prompt, *, persist: bool = True) -> Done:
        """Add a prompt; the same version is replaced. With ``persist`` it goes to the storage as well."""
        self._keep(copied(prompt), persist)
        self._tell("on_prompt_registered", prompt)
        return DONE

    def adopt(self, prompt: Prompt) -> Done:
        """Add a prompt that nobody else holds, as it was read from a file: it is neither copied nor stored."""
        self._keep(prompt, persist=False)
        self._tell("on_prompt_registered", prompt)
        return DONE

    def get(self, prompt_id: str, version: str | None = None) -> Prompt:
        """Give a version of a prompt, the highest if none is named."""
        return copied(self._held(prompt_id, version))

    def update(self, prompt: Prompt, *, persist: bool = True) -> Done:
        """Replace a version that is there."""
        with self._lock:
            self._held(prompt.id, None)
            self._held(prompt.id, prompt.version)
            self._keep(copied(prompt), persist)
        self._tell("on_prompt_updated", prompt)
        return DONE

    def delete(self, prompt_id: str, version: str | None = None, *, persist: bool = True) -> Done:
        """Remove a version, or all of a prompt."""
        with self._lock:
            self._held(prompt_id, version)
            if persist and self._storage is not None:
                settle(self._storage.delete(prompt_id, version))
            versions = self._prompts[prompt_id]
            removed = Items(versions.values()) if version is None else [versions[version]]
            for prompt in removed:
                del versions[prompt.version]
            if not versions:
                del self._prompts[prompt_id]
            self._current = None
        for prompt in removed:
            self._tell("on_prompt_deleted", prompt)
        return DONE

    def list(
        self,
        *,
        status: str | None = None,
        tags: Sequence[str] | None = None,
        category: str | None = None,
        format: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> Items[Prompt]:
        """Give the highest version of each prompt that has all of these, by id; a ``limit`` of 0 is none."""
        found = self._found(status=status, tags=tags, category=category, format=format)
        end = offset + limit if limit else None
        return Copies(found[offset:end], copied)

    def get_versions(self, prompt_id: str) -> Items[str]:
        """Give the versions of a prompt, highest first."""
        with self._lock:
            self._held(prompt_id, None)
            return Items(sorted(self._prompts[prompt_id], key=parse_version, reverse=True))

    def exists(self, prompt_id: str, version: str | None = None) -> Flag:
        """Tell whether a prompt, or a version of it, is registered."""
        with self._lock:
            versions = self._prompts.get(prompt_id, {})
            return Flag(bool(versions) if version is None else version in versions)

    def count(
        self, *, status: str | None = None, tags: Sequence[str] | None = None, category: str | None = None
    ) -> Count:
        """Give the number of prompts that have all of these."""
        return Count(len(self._found(status=status, tags=tags, category=category)))

    def clear(self, *, persist: bool = True) -> Done:
        """Remove everything; from the storage too, if it can do that."""
        with self._lock:
            clear = getattr(self._storage, "clear", None)
            if persist and callable(clear):
                settle(clear())
            self._prompts.clear()
            self._current = None
        return DONE

    def get_stats(self) -> Record[Any]:
        """Give how many prompts and versions there are, and in which status the highest version of each is."""
        with self._lock:
            current = self._found()
            return Record(
                total_prompts=len(self._prompts),
                total_versions=sum(len(versions) for versions in self._prompts.values()),
                status_distribution=dict(Counter(prompt.status.value for prompt in current)),
                has_storage=self._storage is not None,
                observer_count=len(self._observers),
            )

    def add_observer(self, observer: object) -> Done:
        """Tell an observer from now on, once; it may have any of the methods of ``ObserverProtocol``."""
        with self._lock:
            if all(held is not observer for held in self._observers):
                self._observers.append(observer)
        return DONE

    def remove_observer(self, observer: object) -> Done:
        """Stop telling an observer; nothing happens when it was not told before."""
        with self._lock:
            self._observers = [held for held in self._observers if held is not observer]
        return DONE

    def load_from_storage(self) -> Count:
        """Register the current version of each prompt of the storage, and give their number."""
        if self._storage is None:
            raise ValueError("No storage backend configured")
        prompts = settle(self._storage.list())
        for prompt in prompts:
            self._keep(copied(prompt), persist=False)
        logger.debug("loaded %d prompts from the storage", len(prompts))
        return Count(len(prompts))

    def _tell(self, event: str, prompt: Prompt) -> None:
        if self._observers:
            tell(self._observers, event, copied(prompt))

    def _keep(self, kept: Prompt, persist: bool) -> None:
        with self._lock:
            # The storage first: when it fails, memory must not have what a restart would lose.
            if persist and self._storage is not None:
                settle(self._storage.save(kept))
            self._prompts.setdefault(kept.id, {})[kept.version] = kept
            self._current = None

    def _held(self, prompt_id: str, version: str | None) -> Prompt:
        with self._lock:
            versions = self._prompts.get(prompt_id)
            if not versions or (version is not None and version not in versions):
                raise PromptNotFoundError(prompt_id, version)
            return latest(versions.values()) if version is None else versions[version]

    def _found(
        self,
        *,
        status: str | None = None,
        tags: Sequence[str] | None = None,
        category: str | None = None,
        format: str | None = None,
    ) -> Sequence[Prompt]:
        with self._lock:
            if self._current is None:
                self._current = [latest(versions.values()) for _, versions in sorted(self._prompts.items())]
            current = self._current
        if tags is None and status is None and category is None and format is None:
            return current
        return [
            prompt
            for prompt in current
            if matches(prompt, tags=tags, status=status, category=category, format=format)
        ]
