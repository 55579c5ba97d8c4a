"""That an alias serves something else than before."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """An alias moved: the workspace's revision afterwards, and the prompts that are new, different or gone."""

    alias: str
    revision: int
    prompts: tuple[str, ...]
