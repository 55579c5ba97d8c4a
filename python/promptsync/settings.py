"""What a manager is told, and what it finds by itself."""

from __future__ import annotations

import os
import sys

from promptsync import _core
from promptsync._typing import TYPE_CHECKING, Any
from promptsync.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptsync.cache_strategy import CacheStrategy

#: Bytes of documents and compiled templates that are held.
MEMORY_BYTES = 64 << 20

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_WORDS = ("file_ttl", "max_cache_size", "memory_ttl", "refresh_strategy")


def size_in_bytes(size: int | str) -> int:
    """The bytes that a size means.

    >>> size_in_bytes("100MB"), size_in_bytes("64 MiB"), size_in_bytes(4096)
    (100000000, 67108864, 4096)
    """
    if isinstance(size, int) and size >= 0:
        return size
    import re

    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", str(size))
    if found is None or found[2].upper() not in _UNITS:
        raise ConfigurationError(
            f"`max_cache_size` cannot be {size!r}", code="setting", hint="a number of bytes, or a text such as 100MB"
        )
    return int(float(found[1]) * _UNITS[found[2].upper()])


def poll_seconds(refresh_interval: float, strategy: CacheStrategy) -> float:
    """How often a server without a stream is asked."""
    seconds = min(refresh_interval, strategy.get("memory_ttl", refresh_interval))
    if not seconds > 0:
        raise ConfigurationError("`refresh_interval` and `memory_ttl` are seconds above zero", code="setting")
    return float(seconds)


def checked(strategy: Mapping[str, Any] | None) -> CacheStrategy:
    """A cache strategy whose words are known."""
    given = dict(strategy or {})
    unknown = sorted(set(given) - set(_WORDS))
    if unknown:
        raise ConfigurationError(
            f"`cache_strategy` knows no {', '.join(unknown)}",
            code="setting",
            hint="it takes " + ", ".join(_WORDS),
        )
    if given.get("refresh_strategy", "background") != "background":
        raise ConfigurationError(
            "`refresh_strategy` can only be `background`: no call waits for a refresh", code="setting"
        )
    return given  # type: ignore[return-value]


def found(
    *,
    project_id: str | None,
    url: str | None,
    api_key: str | None,
    prompt_dir: str | os.PathLike[str] | None,
    pin: str | None,
) -> dict[str, Any]:
    """Project, server, key, folder and pinned key: as they are given, else as the command finds them.

    The first of: an argument, the environment (``PROMPTSYNC_URL``, ``PROMPTSYNC_API_KEY``, ``PROMPTSYNC_PROJECT``),
    ``promptsync.toml``, ``[tool.promptsync]`` of ``pyproject.toml``, the remote of git.
    """
    here = _core.project(os.getcwd())
    own_server = url is None or url == here["url"]
    folder: str | None = here["prompts"] if prompt_dir is None else os.fspath(prompt_dir)
    if prompt_dir is None and not os.path.isdir(here["prompts"]):
        folder = None
    # A name may come from a git remote, which may be no name of a project.
    project = project_id or here["name"] or "local"
    if project_id is None:
        import re

        project = re.sub(r"[^a-z0-9_-]+", "-", project.lower()).strip("-") or "local"
    return {
        "project": project,
        "url": url or here["url"],
        # A key belongs to the server it was found for.
        "key": api_key or (here["key"] if own_server else None),
        "folder": folder,
        "pin": pin or (here["pin"] if own_server else None),
    }


def service_name(service: str | None) -> str:
    """The application's name, as ``promptsync status`` shows it."""
    return service or os.path.basename(sys.argv[0]) or "python"


def host_name() -> str:
    """This machine's name."""
    if hasattr(os, "uname"):
        return os.uname().nodename or "unknown"
    return os.environ.get("COMPUTERNAME", "unknown")


def texts(aliases: Sequence[str]) -> list[str]:
    """Aliases as a list, also when somebody passes one text."""
    return [aliases] if isinstance(aliases, str) else list(aliases)
