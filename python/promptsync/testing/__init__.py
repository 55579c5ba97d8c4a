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

from promptsync.testing.calls import Call
from promptsync.testing.fake_manager import FakePromptManager

__all__ = ["Call", "FakePromptManager"]
