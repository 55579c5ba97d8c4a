"""Prompts as YAML files of a folder.

``greeting.yaml`` is the current version of the prompt ``greeting``; ``greeting/_versions/1.0.0.yaml`` are its versions.
Ids that are no file names are written as :mod:`promptsync.library.file_names` says, so an id cannot leave the folder.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from promptsync.library.atomic_files import write_atomically
from promptsync._awaitable import DONE, Done, Flag, Items
from promptsync.library.exceptions import (
    PromptManagerError,
    PromptNotFoundError,
    StorageReadError,
    StorageWriteError,
)
from promptsync.library.file_names import file_name_of
from promptsync.library.prompt_files import (
    precedence,
    prompts_named,
    read_prompt_file,
    readable_prompts,
    text_of_prompt,
    text_of_prompts,
)
from promptsync.library.prompt_filter import latest, matches
from promptsync.library.prompts import Prompt
from promptsync.library.version_numbers import parse_version

_VERSIONS = "_versions"
# The first is written; the others are read where older programs left them.
_EXTENSIONS = (".yaml", ".yml", ".json")


class FileSystemStorage:
    """Keeps prompts in a folder; each file is written in full or not at all.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     storage = FileSystemStorage(folder)
    ...     _ = storage.save(Prompt(id="hi", format="text", template={"content": "Hi"}))
    ...     storage.load("hi").version, storage.exists("hi", "2.0.0")
    ('1.0.0', False)
    """

    def __init__(self, base_path: str | Path, save_version_snapshots: bool = True) -> None:
        self._base_path = Path(base_path)
        self._save_snapshots = save_version_snapshots
        self._lock = threading.RLock()
        self._base_path.mkdir(parents=True, exist_ok=True)

    @property
    def base_path(self) -> Path:
        """The folder."""
        return self._base_path

    def save(self, prompt: Prompt) -> Done:
        """Keep a version. It becomes the current one unless a higher one is current and both are kept."""
        with self._lock:
            try:
                text = text_of_prompt(prompt)
                if self._save_snapshots:
                    write_atomically(self._snapshot(prompt.id, prompt.version), text)
                if not (self._save_snapshots and self._has_higher(prompt)):
                    self._write_current(prompt, text)
            except (OSError, ValueError) as error:
                raise StorageWriteError(f"Failed to save prompt: {_reason(error)}", prompt_id=prompt.id) from error
        return DONE

    def load(self, prompt_id: str, version: str | None = None) -> Prompt:
        """Give a version of a prompt, the current one if none is named."""
        with self._lock:
            try:
                return self._load(prompt_id, version)
            except PromptNotFoundError:
                raise
            except (OSError, ValueError, PromptManagerError) as error:
                raise StorageReadError(
                    f"Failed to load prompt: {_reason(error)}", prompt_id=prompt_id, version=version
                ) from error

    def delete(self, prompt_id: str, version: str | None = None) -> Done:
        """Remove a version, or all of a prompt; when the current version goes, the highest that is left is current."""
        with self._lock:
            if not self.exists(prompt_id, version):
                raise PromptNotFoundError(prompt_id, version)
            try:
                if version is None:
                    self._delete_all(prompt_id)
                else:
                    self._delete_version(prompt_id, version)
            except (OSError, ValueError) as error:
                raise StorageWriteError(f"Failed to delete prompt: {_reason(error)}", prompt_id=prompt_id) from error
        return DONE

    def list(self, *, tags: Sequence[str] | None = None, status: str | None = None) -> Items[Prompt]:
        """Give the current version of each prompt, by id; files that cannot be read are logged and passed over."""
        with self._lock:
            found = Items(readable_prompts(self._base_path))
        found.sort(key=lambda item: precedence(item[0], item[1].id))
        current = {prompt.id: prompt for _, prompt in found}
        prompts = [prompt for _, prompt in sorted(current.items())]
        return Items(prompt for prompt in prompts if matches(prompt, tags=tags, status=status))

    def exists(self, prompt_id: str, version: str | None = None) -> Flag:
        """Tell whether a prompt, or a version of it, can be loaded."""
        try:
            self.load(prompt_id, version)
        except PromptNotFoundError:
            return Flag(False)
        except StorageReadError:
            return Flag(True)
        return Flag(True)

    def _load(self, prompt_id: str, version: str | None) -> Prompt:
        if version is not None:
            snapshot = _existing(self._snapshot(prompt_id, version))
            if snapshot is not None:
                kept = _prompt_in(snapshot, prompt_id)
                if kept is not None:
                    return kept
        prompt = self._load_current(prompt_id)
        if version is not None and prompt.version != version:
            raise PromptNotFoundError(prompt_id, version)
        return prompt

    def _load_current(self, prompt_id: str) -> Prompt:
        path = _existing(self._current(prompt_id))
        if path is not None:
            prompt = _prompt_in(path, prompt_id)
            if prompt is not None:
                return prompt
        found = next(iter(prompts_named(self._base_path, prompt_id)), None)
        if found is None:
            raise PromptNotFoundError(prompt_id)
        return found[1]

    def _delete_all(self, prompt_id: str) -> None:
        folder = self._folder(prompt_id)
        if folder.is_symlink():
            folder.unlink()
        elif (folder / _VERSIONS).is_dir():
            # Only what this class made: the folder may hold something else.
            shutil.rmtree(folder / _VERSIONS)
            if not any(folder.iterdir()):
                folder.rmdir()
        self._delete_current(prompt_id)

    def _delete_version(self, prompt_id: str, version: str) -> None:
        snapshot = _existing(self._snapshot(prompt_id, version))
        if snapshot is not None:
            snapshot.unlink()
        try:
            current = self._load_current(prompt_id)
        except PromptNotFoundError:
            return
        if current.version != version:
            return
        left = self._snapshots(prompt_id)
        if left:
            write_atomically(self._current(prompt_id), text_of_prompt(latest(left)))
        else:
            self._delete_current(prompt_id)

    def _write_current(self, prompt: Prompt, text: str) -> None:
        path = self._current(prompt.id)
        existing = _existing(path)
        if existing is not None and existing.suffix != ".json":
            path = existing
        others = [other for other in _prompts_in(path) if other.id != prompt.id]
        if others:
            text = text_of_prompts([*others, prompt])
        write_atomically(path, text)

    def _delete_current(self, prompt_id: str) -> None:
        for path in self._holders(prompt_id):
            others = [other for other in _prompts_in(path) if other.id != prompt_id]
            if others:
                write_atomically(path, text_of_prompts(others))
            else:
                path.unlink()

    def _holders(self, prompt_id: str) -> Items[Path]:
        """Give the files directly in the folder that hold a prompt."""
        holders = {path for path, _ in prompts_named(self._base_path, prompt_id)}
        own = _existing(self._current(prompt_id))
        # The file of the prompt's own name goes as well when it cannot be read.
        if own is not None and not _prompts_in(own):
            holders.add(own)
        return Items(sorted(holders))

    def _snapshots(self, prompt_id: str) -> Items[Prompt]:
        prompts = (prompt for _, prompt in readable_prompts(self._folder(prompt_id) / _VERSIONS))
        return Items(prompt for prompt in prompts if prompt.id == prompt_id)

    def _has_higher(self, prompt: Prompt) -> bool:
        path = _existing(self._current(prompt.id))
        if path is None:
            return False
        try:
            current = _prompt_in(path, prompt.id)
        except PromptManagerError:
            return False
        return current is not None and parse_version(current.version) > parse_version(prompt.version)

    def _current(self, prompt_id: str, extension: str = _EXTENSIONS[0]) -> Path:
        return self._base_path / f"{file_name_of(prompt_id)}{extension}"

    def _folder(self, prompt_id: str) -> Path:
        return self._base_path / file_name_of(prompt_id)

    def _snapshot(self, prompt_id: str, version: str) -> Path:
        return self._folder(prompt_id) / _VERSIONS / f"{file_name_of(version)}{_EXTENSIONS[0]}"


def _existing(path: Path) -> Path | None:
    """Give the file of this name that is there, whichever of the extensions it has."""
    name = path.name.removesuffix(_EXTENSIONS[0])
    paths = (path.parent / f"{name}{extension}" for extension in _EXTENSIONS)
    return next((path for path in paths if path.is_file()), None)


def _prompt_in(path: Path, prompt_id: str) -> Prompt | None:
    prompts = read_prompt_file(path).prompts
    return next((prompt for prompt in prompts if prompt.id == prompt_id), None)


def _prompts_in(path: Path) -> Sequence[Prompt]:
    """Give the prompts of a file, none when it is absent or cannot be read."""
    try:
        return read_prompt_file(path).prompts
    except PromptManagerError:
        return ()


def _reason(error: Exception) -> str:
    return error.message if isinstance(error, PromptManagerError) else str(error)
