"""What the modules that every program imports take from ``typing``.

Importing ``typing`` costs more than importing all of them. Type checkers see the real thing; at run time the names are
there and mean nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, Generic, Protocol, TypeVar

    Value = TypeVar("Value")
else:

    class _Nothing:
        """Stands where a type stands; it may be subscripted."""

        __slots__ = ()

        def __class_getitem__(cls, _):
            return cls

    Any = Value = object
    Generic = Protocol = _Nothing

__all__ = ["TYPE_CHECKING", "Any", "Generic", "Protocol", "Value"]
