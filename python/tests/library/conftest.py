"""What the tests of the library begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptsync.library import PromptManager, PromptRegistry, VersionStore


@pytest.fixture
def manager(tmp_path: Path) -> PromptManager:
    """A manager that keeps nothing but the history."""
    return PromptManager(PromptRegistry(), VersionStore(tmp_path / "history"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for prompts, inside another folder."""
    folder = tmp_path / "outer" / "prompts"
    folder.mkdir(parents=True)
    return folder
