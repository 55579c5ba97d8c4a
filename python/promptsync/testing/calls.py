"""What a fake manager remembers of its use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Call:
    """One prompt that was got or rendered.

    ``variables`` are names. ``values`` has what they were only when the manager was made with ``record_values``, so
    that the output of a failed test shows no customer's data.

    >>> Call("render", "greeting", "stable", variables=("name",))
    Call(action='render', name='greeting', reference='stable')
    """

    action: Literal["get", "render"]
    name: str
    reference: str
    tags: Mapping[str, str] | None = None
    unit: str | None = None
    model: str | None = None
    variables: tuple[str, ...] = ()
    values: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return f"Call(action={self.action!r}, name={self.name!r}, reference={self.reference!r})"
