"""For the tests of programs that use prompts: a manager without server and files.

>>> from promptsync.testing import FakePromptManager
>>> prompts = FakePromptManager({"greeting": "Dear {{ name }},"})
>>> prompts.get("greeting@production").format(name="Ann")
'Dear Ann,'
>>> prompts.calls[-1].variables
('name',)

With pytest, the fixture ``prompts`` gives one, see :mod:`promptsync.testing.plugin`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promptsync.testing.calls import Call
    from promptsync.testing.fake_manager import FakePromptManager

__all__ = ["Call", "FakePromptManager"]


def __getattr__(name: str) -> Any:
    # Imported when they are asked for: every run of pytest imports this package with its plugin.
    if name == "FakePromptManager":
        from promptsync.testing.fake_manager import FakePromptManager

        return FakePromptManager
    if name == "Call":
        from promptsync.testing.calls import Call

        return Call
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
