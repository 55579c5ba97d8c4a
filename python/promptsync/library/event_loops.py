"""Where asynchronous code of others meets the library, which is synchronous inside."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar, cast

Result = TypeVar("Result")


def is_async_context() -> bool:
    """Tell whether an event loop runs in this thread.

    >>> is_async_context()
    False
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def get_or_create_event_loop() -> asyncio.AbstractEventLoop:
    """Give the running loop of this thread, else a new one that becomes the loop of this thread."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        return loop


def run_sync(coro: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end and give its result, also while an event loop runs in this thread.

    A running loop cannot be entered a second time, so the coroutine then gets a thread with a loop of its own.

    >>> async def answer() -> int:
    ...     return 42
    >>> run_sync(answer())
    42
    """
    if not is_async_context():
        return asyncio.run(coro)

    results: list[Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(coro))
        except BaseException as failure:  # handed to the caller's thread, which raises it
            failures.append(failure)

    thread = threading.Thread(target=run, name="promptsync-run-sync", daemon=True)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def settle(value: Result) -> Result:
    """Give the value of what a storage, cache, observer or plugin returned, which may be a coroutine.

    >>> settle("plain")
    'plain'
    """
    if inspect.iscoroutine(value):
        return cast(Result, run_sync(value))
    return value
