"""What differs between two versions of a prompt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promptsync import _core
from promptsync._awaitable import AwaitableValue

if TYPE_CHECKING:
    from promptsync.prompt import Prompt


@dataclass(frozen=True)
class Change:
    """One thing that changed for callers: the step of the version it asks for, a stable code, and a sentence."""

    bump: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.bump}: {self.message}"


@dataclass(frozen=True)
class FieldDiff:
    """A field of the document that differs, with its lines: ``kind`` is ``same``, ``removed`` or ``added``."""

    path: str
    lines: list[dict[str, Any]]


@dataclass(frozen=True)
class PromptDiff(AwaitableValue):
    """A comparison of two versions: the smallest honest step between them, what changed for callers, and each field.

    >>> PromptDiff.of({"old": "a 1.0.0", "new": "a 1.0.1", "bump": "patch", "fields": [],
    ...                "changes": [{"bump": "patch", "code": "wording_changed", "message": "only wording changed"}]}).changes
    [Change(bump='patch', code='wording_changed', message='only wording changed')]
    """

    old: str
    new: str
    bump: str
    changes: list[Change] = field(default_factory=list)
    fields: list[FieldDiff] = field(default_factory=list)

    @classmethod
    def between(
        cls, before: tuple[Prompt, _core.Prompt, str], after: tuple[Prompt, _core.Prompt, str]
    ) -> PromptDiff:
        """Of two prompts, each with its compiled form and the reference it was asked for by."""
        labels = [f"{prompt.id} ({reference})" for prompt, _, reference in (before, after)]
        return cls.of(_core.diff(before[1], after[1], *labels))

    @classmethod
    def of(cls, found: dict[str, Any]) -> PromptDiff:
        """From what the compiled part gives."""
        return cls(
            old=found["old"],
            new=found["new"],
            bump=found["bump"],
            changes=[Change(**change) for change in found["changes"]],
            fields=[FieldDiff(path=one["path"], lines=one["lines"]) for one in found["fields"]],
        )

    def __bool__(self) -> bool:
        return bool(self.fields)
