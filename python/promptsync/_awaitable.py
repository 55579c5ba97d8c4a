"""Values that may be awaited although they are there already."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

T = TypeVar("T")


class Done(int):
    """What a method gives that has nothing to say: falsy, and awaitable.

    >>> bool(Done()), Done()
    (False, None)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "None"

    __str__ = __repr__

    def __await__(self) -> Generator[Any, None, None]:
        return None
        yield


class Number(int):
    """A count that may be awaited.

    >>> Number(3) + 1
    4
    """

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, int]:
        return int(self)
        yield


class Items(list[T]):
    """A list that may be awaited."""

    __slots__ = ()
    # `asyncio.gather` keeps what it waits for in a dictionary.
    __hash__ = object.__hash__  # type: ignore[assignment]

    def __await__(self) -> Generator[Any, None, Items[T]]:
        return self
        yield


class Facts(dict[str, Any]):
    """A dictionary that may be awaited."""

    __slots__ = ()
    __hash__ = object.__hash__  # type: ignore[assignment]

    def __await__(self) -> Generator[Any, None, Facts]:
        return self
        yield
