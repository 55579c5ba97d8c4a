"""What values of Python's own library are for a template."""

from __future__ import annotations

from typing import Any


def plain(value: Any) -> Any:
    """The text, list or dictionary that a value obviously stands for; the value itself when there is none.

    Called by the compiled part for everything that is no text, number, list, tuple, dictionary, boolean or ``None``.

    >>> import datetime, decimal
    >>> plain(datetime.date(2026, 11, 22)), plain(decimal.Decimal("1.50"))
    ('2026-11-22', '1.50')
    """
    import dataclasses
    import datetime
    import decimal
    import pathlib
    import uuid

    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, uuid.UUID, pathlib.PurePath)):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return dump(mode="json")
    return value
