"""What a manager does with a version store, which may be yours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptsync._awaitable import Record
from promptsync.library.event_loops import settle
from promptsync.library.exceptions import PromptNotFoundError, VersionNotFoundError
from promptsync.library.prompts import PromptVersion

if TYPE_CHECKING:
    from promptsync.library.prompts import Prompt
    from promptsync.library.protocols import VersionStoreProtocol


def recorded(
    store: VersionStoreProtocol, prompt: Prompt, parent: str | None, changelog: str | None, created_by: str | None
) -> PromptVersion:
    """Enter a prompt in the history, and give the entry."""
    version = PromptVersion(
        prompt=prompt,
        version=prompt.version,
        created_by=created_by,
        changelog=changelog,
        parent_version=parent,
    )
    settle(store.save_version(version))
    return version


def is_recorded(store: VersionStoreProtocol, prompt: Prompt) -> bool:
    """Tell whether the history has the version that a prompt says it is."""
    try:
        settle(store.get_version(prompt.id, prompt.version))
    except (VersionNotFoundError, PromptNotFoundError):
        return False
    return True


def comparison(store: VersionStoreProtocol | None, prompt_id: str, version1: str, version2: str) -> Record[Any]:
    """Say in which parts two versions differ, or why that cannot be said.

    >>> comparison(None, "hi", "1.0.0", "1.0.1")["error"]
    'No version store configured'
    """
    versions = {"from": version1, "to": version2}
    if store is None:
        return Record(versions=versions, error="No version store configured")
    compare = getattr(store, "compare_versions", None)
    if not callable(compare):
        return Record(versions=versions, error="The version store cannot compare versions")
    found: Any = compare(prompt_id, version1, version2)
    return Record(settle(found))
