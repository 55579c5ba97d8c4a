"""A list that copies each of its items when it is taken out, and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, SupportsIndex, TypeVar, overload

from promptsync._awaitable import Items

Value = TypeVar("Value")


class Copies(Items[Value]):
    """Copies of what somebody else keeps. Most lists are looked at in part, or counted: the rest is never copied.

    An item that was taken out stays the same object.

    >>> kept = [[1], [2]]
    >>> copies = Copies(kept, list)
    >>> copies[0].append(9), copies[0], kept[0]
    (None, [1, 9], [1])
    """

    __slots__ = ("_copy", "_taken")

    def __init__(self, kept: Iterable[Value], copy: Callable[[Value], Value]) -> None:
        super().__init__(kept)
        self._copy = copy
        self._taken: set[int] = set()

    def _item(self, index: int) -> Value:
        item = super().__getitem__(index)
        if id(item) in self._taken:
            return item
        item = self._copy(item)
        # Items are told apart by what they are now, so that a list that is sorted or cut stays right.
        self._taken.add(id(item))
        super().__setitem__(index, item)
        return item

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> Value: ...

    @overload
    def __getitem__(self, index: slice, /) -> list[Value]: ...

    def __getitem__(self, index: Any, /) -> Any:
        if isinstance(index, slice):
            return [self._item(place) for place in range(len(self))[index]]
        return self._item(range(len(self))[index])

    def __iter__(self) -> Iterator[Value]:
        place = 0
        # The list may change while it is looked at, as any list may.
        while place < len(self):
            yield self._item(place)
            place += 1

    def __reversed__(self) -> Iterator[Value]:
        return (self._item(place) for place in reversed(range(len(self))))

    def __add__(self, other: Any, /) -> Any:
        return [*self, *other]

    def __mul__(self, times: SupportsIndex, /) -> list[Value]:
        return list(self) * times

    __rmul__ = __mul__

    def copy(self) -> list[Value]:
        """A plain list of the items."""
        return list(self)

    def pop(self, index: SupportsIndex = -1, /) -> Value:
        """Takes an item out of the list."""
        item = self[index]
        super().pop(index)
        return item

    def sort(self, **options: Any) -> None:
        """Sorts the items, which takes all of them out."""
        taken = list(self)
        taken.sort(**options)
        super().__setitem__(slice(None), taken)

    def __reduce__(self) -> Any:
        return (list, (list(self),))
