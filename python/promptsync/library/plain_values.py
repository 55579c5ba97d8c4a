"""Values of every kind as the plain ones that a template gets.

Objects have no attributes in a template: what is not plain is printed as ``str`` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from enum import Enum
from typing import Any, cast

from pydantic import BaseModel

# Deeper than anything that a template reads; each level costs a frame of the interpreter.
_DEEPEST = 64
_LARGEST = 2**63


def plain_variables(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Give variables that hold nothing but text, numbers, booleans, ``None``, lists and dictionaries.

    ``ValueError`` for a value that is nested too deep, or cannot be printed.

    >>> from decimal import Decimal
    >>> plain_variables({"price": Decimal("1.50"), "ids": (1, 2)})
    {'price': '1.50', 'ids': [1, 2]}
    """
    plain: dict[str, Any] = {}
    for name, value in variables.items():
        try:
            plain[str(name)] = _plain(value, _DEEPEST)
        except Exception as error:
            # The kind alone, and no cause: the text of a stranger's error may hold the value.
            reason = str(error) if isinstance(error, _TooDeepError) else f"cannot be read: {type(error).__name__}"
            raise ValueError(f"the value of `{name}` {reason}") from None
    return plain


class _TooDeepError(Exception):
    def __init__(self) -> None:
        super().__init__(f"is nested deeper than {_DEEPEST} levels")


def _plain(value: Any, depth: int) -> Any:
    kind = cast("type[object]", type(value))
    if value is None or kind is bool or kind is float:
        return value
    if kind is str:
        # Half of a pair is no character, and no text that could be sent to anybody.
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if kind is int:
        return value if -_LARGEST <= value < _LARGEST else str(value)
    if isinstance(value, Enum):
        return _plain(value.value, depth)
    if depth == 0 and isinstance(value, (BaseModel, Mapping, list, tuple, Set)):
        raise _TooDeepError
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, Mapping):
        fields = cast("Mapping[object, Any]", value)
        return {str(name): _plain(item, depth - 1) for name, item in fields.items()}
    if isinstance(value, (list, tuple, Set)):
        return [_plain(item, depth - 1) for item in cast("Iterable[Any]", value)]
    return str(value)
