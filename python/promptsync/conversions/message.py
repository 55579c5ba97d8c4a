"""A rendered message, and the refusal of one that has no equal elsewhere."""

from __future__ import annotations

from typing import Literal, TypedDict

from promptsync.errors import ConversionError

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]
"""Who speaks."""

INSTRUCTING: frozenset[str] = frozenset({"system", "developer"})
"""The roles that instruct the model; the APIs that take instructions in a field of their own take these there."""


class _Spoken(TypedDict):
    role: Role
    content: str


class Message(_Spoken, total=False):
    """One message of a chat. It is a plain dict, so it goes into every API and file as it is."""

    name: str


def no_equal(index: int, role: str, target: str, hint: str) -> ConversionError:
    """The error for a message whose role the target does not have. It names the place, never the content.

    >>> str(no_equal(2, "tool", "Anthropic", "add the answer of a tool in your code"))
    'message 2 has the role `tool`, which has no equal in Anthropic (add the answer of a tool in your code)'
    """
    return ConversionError(
        f"message {index} has the role `{role}`, which has no equal in {target}", code="no_equal", hint=hint
    )


TOOL_HINT = "the API wants the id of the call that is answered: add the answer of a tool in your code"
"""Why the answers of tools cannot come from a prompt: the id is known only once the model has called."""
