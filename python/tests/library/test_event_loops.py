"""Coroutines of others, run to their end wherever the library is called."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator

import pytest

from promptsync.library.event_loops import get_or_create_event_loop, is_async_context, run_sync, settle


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that is set for the thread."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    loop.close()
    asyncio.set_event_loop(None)


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


async def fail() -> None:
    raise LookupError("no")


def test_a_coroutine_runs_with_and_without_a_loop() -> None:
    assert settle(answer()) == 42  # type: ignore[comparison-overlap]

    async def inside() -> object:
        return settle(answer())

    assert asyncio.run(inside()) == 42


def test_what_a_coroutine_raises_is_raised() -> None:
    with pytest.raises(LookupError):
        _ = settle(fail())

    async def inside() -> None:
        _ = settle(fail())

    with pytest.raises(LookupError):
        asyncio.run(inside())


def test_only_coroutines_are_run() -> None:
    from promptsync._awaitable import Text

    text = Text("a")
    assert settle(text) is text
    assert settle(answer()) == 42  # type: ignore[comparison-overlap]


def test_settling_leaves_the_loop_of_the_thread_as_it_is(loop: asyncio.AbstractEventLoop) -> None:
    _ = settle(answer())
    assert get_or_create_event_loop() is loop and not loop.is_closed()


def test_a_loop_is_found_or_made_anew_when_it_is_closed(loop: asyncio.AbstractEventLoop) -> None:
    assert not is_async_context()
    assert get_or_create_event_loop() is loop
    loop.close()
    second = get_or_create_event_loop()
    assert second is not loop and run_sync(answer()) == 42
    assert get_or_create_event_loop() is second
    second.close()
    asyncio.set_event_loop(None)
    third = get_or_create_event_loop()
    assert not third.is_closed()
    third.close()


def test_running_to_the_end_is_refused_while_a_loop_runs() -> None:
    async def inside() -> None:
        assert is_async_context()
        coroutine = answer()
        with pytest.raises(RuntimeError, match="Cannot call synchronous method from async context") as caught:
            run_sync(coroutine)
        assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED
        assert "await" in str(caught.value) and "Example:" in str(caught.value)
        with pytest.raises(RuntimeError, match="You're already in an async function"):
            get_or_create_event_loop()

    asyncio.run(inside())


def test_what_a_coroutine_raises_comes_out_of_run_sync(loop: asyncio.AbstractEventLoop) -> None:
    with pytest.raises(LookupError):
        run_sync(fail())
