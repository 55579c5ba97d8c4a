"""The history of prompts: each version, with who made it and why."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from promptsync.library.atomic_files import write_atomically
from promptsync._awaitable import DONE, Count, Done, Items, Record
from promptsync.library.exceptions import PromptNotFoundError, StorageWriteError, VersionError, VersionNotFoundError
from promptsync.library.file_names import file_name_of
from promptsync.library.prompts import PromptVersion, checksum_of, copied
from promptsync.library.times import in_period
from promptsync.library.version_numbers import parse_version

logger = logging.getLogger("promptsync.library")


class VersionStore:
    """Keeps versions in memory and, with a folder, as JSON files; safe to use from several threads.

    >>> from promptsync.library.prompts import Prompt
    >>> store = VersionStore()
    >>> prompt = Prompt(id="hi", format="text", template={"content": "Hi"})
    >>> _ = store.save_version(PromptVersion(prompt=prompt, version="1.0.0", changelog="first"))
    >>> store.get_changelog("hi")[0]["changelog"]
    'first'
    """

    def __init__(self, storage_path: str | Path | None = None) -> None:
        self._storage_path = None if storage_path is None else Path(storage_path)
        self._versions: dict[str, dict[str, PromptVersion]] = {}
        self._lock = threading.RLock()
        if self._storage_path is not None:
            self._storage_path.mkdir(parents=True, exist_ok=True)

    def save_version(self, version: PromptVersion) -> Done:
        """Keep a version, with the checksum of its content; the same number is replaced."""
        prompt = copied(version.prompt)
        kept = version.model_copy(update={"prompt": prompt, "checksum": checksum_of(prompt)})
        with self._lock:
            if self._storage_path is not None:
                path = self._storage_path / f"{file_name_of(prompt.id)}_{version.version}.json"
                try:
                    write_atomically(path, kept.model_dump_json(indent=2) + "\n")
                except OSError as error:
                    raise StorageWriteError(f"Failed to save version: {error}", prompt_id=prompt.id) from error
            self._versions.setdefault(prompt.id, {})[version.version] = kept
        return DONE

    def get_version(self, prompt_id: str, version: str) -> PromptVersion:
        """Give one version."""
        with self._lock:
            kept = self._versions.get(prompt_id, {}).get(version)
        if kept is None:
            raise VersionNotFoundError(prompt_id, version)
        return _copied(kept)

    def list_versions(self, prompt_id: str) -> Items[PromptVersion]:
        """Give all versions of a prompt, highest first."""
        return Items(_copied(kept) for kept in self._kept(prompt_id))

    def get_latest(self, prompt_id: str) -> PromptVersion:
        """Give the highest version of a prompt."""
        return _copied(self._kept(prompt_id)[0])

    def get_history(
        self, prompt_id: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Items[PromptVersion]:
        """Give the versions made in a period, its ends included, highest first; a time without a zone is UTC."""
        kept = self._kept(prompt_id)
        return Items(_copied(version) for version in kept if in_period(version.created_at, since, until))

    def get_changelog(
        self, prompt_id: str, from_version: str | None = None, to_version: str | None = None
    ) -> Items[dict[str, Any]]:
        """Give what was said about the versions from one number to another, both included, highest first.

        Versions about which nothing was said are left out.
        """
        try:
            low = None if from_version is None else parse_version(from_version)
            high = None if to_version is None else parse_version(to_version)
        except ValueError as error:
            raise VersionError(str(error), prompt_id=prompt_id) from error
        entries: Items[dict[str, Any]] = Items()
        for kept in self._kept(prompt_id):
            number = parse_version(kept.version)
            if not kept.changelog or (low is not None and number < low) or (high is not None and number > high):
                continue
            entries.append(
                {
                    "version": kept.version,
                    "created_at": kept.created_at.isoformat(),
                    "created_by": kept.created_by,
                    "changelog": kept.changelog,
                    "parent_version": kept.parent_version,
                }
            )
        return entries

    def compare_versions(self, prompt_id: str, version1: str, version2: str) -> Record[Any]:
        """Say in which parts two versions differ."""
        first = self.get_version(prompt_id, version1)
        second = self.get_version(prompt_id, version2)
        one, two = first.prompt, second.prompt
        return Record(
            versions={"from": version1, "to": version2},
            checksums_differ=first.checksum != second.checksum,
            status_changed=one.status != two.status,
            template_changed=(one.template, one.chat_template) != (two.template, two.chat_template),
            metadata_changed=one.metadata != two.metadata,
        )

    def load_from_storage(self) -> Count:
        """Read the files of the folder, and give the number of versions; a bad file is logged and passed over."""
        if self._storage_path is None:
            return Count(0)
        loaded = [version for path in sorted(self._storage_path.glob("*.json")) for version in _read(path)]
        with self._lock:
            for version in loaded:
                self._versions.setdefault(version.prompt.id, {})[version.version] = version
        return Count(len(loaded))

    def _kept(self, prompt_id: str) -> list[PromptVersion]:
        with self._lock:
            versions = list(self._versions.get(prompt_id, {}).values())
        if not versions:
            raise PromptNotFoundError(prompt_id)
        return sorted(versions, key=lambda version: parse_version(version.version), reverse=True)


def _copied(version: PromptVersion) -> PromptVersion:
    return version.model_copy(update={"prompt": copied(version.prompt)})


def _read(path: Path) -> Iterable[PromptVersion]:
    try:
        version = PromptVersion.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        logger.warning("passed over %s: %s", path, type(error).__name__)
        return []
    # Anew: files of older programs have checksums that depend on the time.
    return [version.model_copy(update={"checksum": checksum_of(version.prompt)})]
