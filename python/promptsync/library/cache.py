"""Under which key a rendered text is cached."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

# Deeper values are not cached rather than walked.
_DEEPEST = 64


def cache_key(prompt_id: str, version: str, content: str, variables: Mapping[str, Any]) -> str | None:
    """Give the key of a render, or ``None`` when the values cannot be told apart for certain.

    ``content`` is whatever else decides the text: the template and the schema. The same content and values give the
    same key in every process; anything different gives another.

    >>> one = cache_key("p", "1.0.0", "", {"a": "1|b=2"})
    >>> two = cache_key("p", "1.0.0", "", {"a": "1", "b": "2"})
    >>> one != two, one is not None and one.startswith("prompt:p:1.0.0:")
    (True, True)
    """
    try:
        # The order of the variables themselves has no meaning; that of a dictionary within them has.
        values = [[name, _canonical(variables[name], _DEEPEST)] for name in sorted(variables)]
    except (TypeError, ValueError):
        return None
    text = json.dumps([content, values], separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"prompt:{_quoted(prompt_id)}:{version}:{digest}"


def cache_pattern(prompt_id: str) -> str:
    """Give the pattern of all keys of a prompt.

    >>> cache_pattern("p"), cache_pattern("p:*")
    ('prompt:p:*', 'prompt:p%3A%2A:*')
    """
    return f"prompt:{_quoted(prompt_id)}:*"


def _quoted(identifier: str) -> str:
    # Nothing may be left that a pattern, or the colons of a key, could be mistaken for.
    return quote(identifier, safe=" /@+=,", errors="surrogatepass")


def _canonical(value: object, depth: int) -> object:
    """Give a value as lists of its type and content, or raise ``TypeError`` for a type without a safe form."""
    if depth == 0:
        raise ValueError("too deep")
    # Exact types: a subclass may print differently from what its content says.
    kind = type(value)
    if value is None or kind is bool or kind is int or kind is str:
        return [kind.__name__, value]
    if kind is float:
        return ["float", repr(value)]
    if kind is list or kind is tuple:
        items = cast("list[object]", value)
        return [kind.__name__, [_canonical(item, depth - 1) for item in items]]
    if kind is dict:
        fields = cast("dict[object, object]", value)
        if not all(type(name) is str for name in fields):
            raise TypeError("a name that is no text")
        # In the order of the dictionary: a loop over it, and its printed form, follow that order.
        return ["dict", [[name, _canonical(item, depth - 1)] for name, item in fields.items()]]
    raise TypeError(kind.__name__)
