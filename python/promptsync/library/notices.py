"""Telling observers, metrics and caches, none of which may break what they are told about."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from promptsync.library.event_loops import settle

logger = logging.getLogger("promptsync.library")


def tell(listeners: Iterable[object], hook: str, *arguments: Any) -> None:
    """Call one method of each listener; who does not have it is passed over, and who fails is logged.

    >>> class Listener:
    ...     def on_noise(self, noise: str) -> None:
    ...         print(noise)
    >>> tell([Listener(), object()], "on_noise", "bang")
    bang
    """
    for listener in tuple(listeners):
        ask(listener, hook, *arguments)


def ask(listener: object, method: str, *arguments: Any, **options: Any) -> Any:
    """Call a method and give its result; ``None`` when there is no such method, or it fails."""
    call = getattr(listener, method, None)
    if not callable(call):
        return None
    try:
        return settle(call(*arguments, **options))
    except Exception as error:
        # The kind alone: the text of a stranger's error may hold values of variables.
        logger.warning("%s.%s failed: %s", type(listener).__name__, method, type(error).__name__)
        return None
