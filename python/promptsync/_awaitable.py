"""Values that are what they are, and can be awaited as well.

The methods of the library answer at once, yet code that was written for coroutines says ``await``. Each result is
therefore an ordinary value whose class also has ``__await__``, which gives the value itself without suspending. Both
styles work, even on one value. The containers are hashable by identity because ``asyncio.gather`` keeps what it waits
for in a dictionary.

>>> import asyncio
>>> async def both() -> bool:
...     return await Text("hello") == Text("hello") == "hello"
>>> asyncio.run(both())
True
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from promptsync._typing import TYPE_CHECKING, Any, Value

if TYPE_CHECKING:
    from typing_extensions import Self


class AwaitableValue:
    """Mix-in: awaiting the object gives the object."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, Any, Self]:
        return self
        yield  # never reached; its presence makes this a generator, which is what `await` wants


class Text(AwaitableValue, str):
    """A text that can be awaited.

    >>> Text("a") + "b"
    'ab'
    """

    __slots__ = ()


class Items(AwaitableValue, list[Value]):
    """A list that can be awaited.

    >>> Items([1, 2]) == [1, 2]
    True
    """

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


class Record(AwaitableValue, dict[str, Value]):
    """A dictionary that can be awaited.

    >>> Record(a=1)["a"]
    1
    """

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


class Count(AwaitableValue, int):
    """A number of things that can be awaited.

    >>> Count(2) + 1
    3
    """

    __slots__ = ()


class Flag(int):
    """A yes or no that can be awaited, which gives a ``bool``; ``bool`` itself cannot be subclassed.

    >>> Flag(1), bool(Flag(0)), Flag(1) == True
    (True, False, True)
    """

    __slots__ = ()

    def __await__(self) -> Generator[Any, Any, bool]:
        return bool(self)
        yield  # never reached, see AwaitableValue

    def __new__(cls, value: object = False) -> Self:
        return super().__new__(cls, bool(value))

    def __repr__(self) -> str:
        return "True" if self else "False"

    __str__ = __repr__


class Done:
    """The result of a method that has nothing to say: false, equal to ``None``, and ``None`` once awaited.

    >>> bool(DONE), DONE == None
    (False, True)
    """

    __slots__ = ()

    def __await__(self) -> Generator[Any, Any, None]:
        return None
        yield  # never reached, see AwaitableValue

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Done)

    def __hash__(self) -> int:
        return hash(None)

    def __repr__(self) -> str:
        return "Done"


DONE = Done()


_FORMS: dict[type[Any], Callable[[Any], object]] = {str: Text, list: Items, dict: Record, bool: Flag, int: Count}


def awaitable(value: object) -> Any:
    """Give the awaitable form of a plain value; an object that has none is returned as it is.

    >>> awaitable([1])
    [1]
    >>> type(awaitable("a")).__name__, awaitable(None)
    ('Text', Done)
    """
    if value is None:
        return DONE
    if hasattr(type(value), "__await__"):
        return value
    # Only exact types: a subclass has behaviour that a conversion would lose.
    form = _FORMS.get(type(value))
    return value if form is None else form(value)
