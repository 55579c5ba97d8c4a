"""Where asynchronous code of others meets the library, which is synchronous inside."""

from __future__ import annotations

import asyncio
import inspect
import threading
import warnings
from collections.abc import Coroutine
from typing import Any, TypeVar, cast

Result = TypeVar("Result")

_INSIDE_A_LOOP = (
    "Cannot call synchronous method from async context. You're already in an async function, so await the coroutine.\n"
    "Example: result = await manager.render('greeting', variables)"
)


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
    """Give the loop that is set for this thread, or a new one when there is none or it is closed.

    ``RuntimeError`` while a loop runs: who asks then wants to run something to its end, which would block that loop.
    """
    if is_async_context():
        raise RuntimeError(_INSIDE_A_LOOP)
    try:
        with warnings.catch_warnings():
            # Some versions of Python warn when no loop is set, others raise.
            warnings.simplefilter("ignore", DeprecationWarning)
            loop = asyncio.get_event_loop()
    except RuntimeError:
        loop = None
    if loop is None or loop.is_closed():
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
    return loop


def run_sync(coro: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in the loop of this thread; ``RuntimeError`` while a loop runs.

    >>> async def answer() -> int:
    ...     return 42
    >>> run_sync(answer())
    42
    """
    try:
        loop = get_or_create_event_loop()
    except RuntimeError:
        # It will never run; without this, Python would warn that nobody awaited it.
        if inspect.iscoroutine(coro):
            coro.close()
        raise
    return loop.run_until_complete(coro)


def settle(value: Result) -> Result:
    """Give the value of what a storage, cache, observer or plugin returned, which may be a coroutine.

    A coroutine gets a loop of its own and, while a loop runs in this thread, a thread of its own as well. The loop of
    the caller is left as it is.

    >>> settle("plain")
    'plain'
    """
    if not inspect.iscoroutine(value):
        return value
    coroutine = cast("Coroutine[Any, Any, Result]", value)
    if not is_async_context():
        return _run(coroutine)

    results: list[Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(_run(coroutine))
        except BaseException as failure:  # handed to the caller's thread, which raises it
            failures.append(failure)

    thread = threading.Thread(target=run, name="promptsync-settle", daemon=True)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def _run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()
