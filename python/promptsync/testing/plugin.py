"""The pytest plugin, which pytest finds by itself: the fixture ``prompts`` and the marker of the same name.

    @pytest.mark.prompts({"greeting": "Dear {{ name }},"})
    def test_a_letter_greets(prompts):
        assert write_letter(prompts).startswith("Dear Ann,")

The marker fills the manager; markers of a class or module are filled in, too, the nearest last. Without it, use
``prompts.add(...)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from promptsync.testing import FakePromptManager


def pytest_configure(config: pytest.Config) -> None:
    """Announces the marker, so that ``--strict-markers`` knows it."""
    config.addinivalue_line("markers", "prompts(prompts, record_values=False): what the fixture `prompts` has")


@pytest.fixture
def prompts(request: pytest.FixtureRequest) -> Iterator[FakePromptManager]:
    """A :class:`promptsync.testing.FakePromptManager` with the prompts of the marker ``prompts``."""
    # Here and not above: every run of pytest imports this file, also one that has nothing to do with prompts.
    from promptsync.testing import FakePromptManager

    marks = list(request.node.iter_markers("prompts"))
    given: dict[str, Any] = {}
    for mark in reversed(marks):
        for mapping in mark.args:
            given.update(mapping)
    record_values = any(mark.kwargs.get("record_values", False) for mark in marks)
    manager = FakePromptManager(given, record_values=record_values)
    yield manager
    manager.close()
