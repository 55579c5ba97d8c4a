"""The plugin gives pytest the fixture `prompts`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from promptsync.testing import FakePromptManager, plugin

TESTS = """
import pytest

pytestmark = pytest.mark.prompts({"greeting": "Hello {{ name }}", "other": "Module"})


@pytest.mark.prompts({"other": "Function"}, record_values=True)
def test_marked(prompts):
    assert prompts.get("greeting").format(name="Ann") == "Hello Ann"
    assert prompts.get("other").format() == "Function"
    assert prompts.calls[1].values == {"name": "Ann"}


def test_each_test_has_its_own(prompts):
    assert prompts.calls == []
    prompts.add("more", "More")
    assert prompts.get("more").format() == "More"
    assert prompts.get("other").format() == "Module"
"""


def test_markers_fill_the_manager_of_the_fixture(tmp_path: Path) -> None:
    (tmp_path / "test_letters.py").write_text(TESTS)
    # By its path and not as it is installed, so that this works from a checkout as well.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-p", plugin.__name__, "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in ran.stdout, ran.stdout + ran.stderr


def test_the_installed_plugin_is_found(request: pytest.FixtureRequest) -> None:
    if not request.config.pluginmanager.has_plugin("promptsync"):
        pytest.skip("the package is not installed, so pytest cannot find its plugin")
    assert isinstance(request.getfixturevalue("prompts"), FakePromptManager)
