"""Coroutines of others, run to their end wherever the library is called."""

from __future__ import annotations

import asyncio

import pytest

from promptsync.library.event_loops import get_or_create_event_loop, is_async_context, run_sync, settle


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


async def fail() -> None:
    raise LookupError("no")


def test_a_coroutine_runs_with_and_without_a_loop() -> None:
    assert run_sync(answer()) == 42

    async def inside() -> int:
        return run_sync(answer())

    assert asyncio.run(inside()) == 42


def test_what_a_coroutine_raises_is_raised() -> None:
    with pytest.raises(LookupError):
        run_sync(fail())

    async def inside() -> None:
        run_sync(fail())

    with pytest.raises(LookupError):
        asyncio.run(inside())


def test_only_coroutines_are_run() -> None:
    from promptsync.library import Text

    text = Text("a")
    assert settle(text) is text
    assert settle(answer()) == 42  # type: ignore[comparison-overlap]


def test_a_loop_is_found_or_made() -> None:
    assert not is_async_context()
    loop = get_or_create_event_loop()
    assert loop.run_until_complete(answer()) == 42
    loop.close()
    asyncio.set_event_loop(None)

    async def inside() -> bool:
        return is_async_context() and get_or_create_event_loop() is asyncio.get_running_loop()

    assert asyncio.run(inside())
