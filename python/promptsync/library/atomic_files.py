"""Files that are there in full or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader, and a crash, sees the old text or the new one, never a part.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder) / "a" / "b.txt", "text")
    ...     (Path(folder) / "a" / "b.txt").read_text()
    'text'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder: a file can be renamed in one step only within its file system.
    temporary = path.parent / f".{uuid4().hex}.tmp"
    try:
        # Not by `tempfile`, whose files are private: a new file gets the permissions that any other would get.
        with open(temporary, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            os.chmod(temporary, path.stat().st_mode & 0o777)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # The new name survives a power cut only once the folder is written; Windows has no such call.
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
