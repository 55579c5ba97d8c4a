"""After a fork a child has none of its parent's threads: managers begin anew there, when they are next asked."""

from __future__ import annotations

import os
import weakref

from promptsync._typing import Any, Protocol


class Forked(Protocol):
    """Something with threads."""

    def _begin_anew(self) -> Any:
        """Lets go of the threads; gives what held them."""


_known: weakref.WeakSet[Any] = weakref.WeakSet()
# Ending what belongs to threads of another process would wait for them: it is kept until the process ends.
_abandoned: list[Any] = []


def remember(manager: Forked) -> None:
    """Begins this manager anew in every child."""
    _known.add(manager)


def _in_child() -> None:
    for manager in list(_known):
        _abandoned.append(manager._begin_anew())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
