"""What reading a folder leaves behind."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from promptsync.library import PromptManager


@pytest.mark.parametrize("enabled", [True, False])
def test_the_search_for_garbage_is_after_a_folder_as_it_was_before(tmp_path: Path, enabled: bool) -> None:
    (tmp_path / "a.yaml").write_text("id: a\nformat: text\ntemplate: {content: A}\n")
    (tmp_path / "bad.yaml").write_text("id: [")
    try:
        gc.enable() if enabled else gc.disable()
        manager = PromptManager.create(tmp_path)
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
    assert [prompt.id for prompt in manager.list_prompts()] == ["a"]
