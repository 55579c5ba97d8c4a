"""Every Python block of the documents runs, and so does every example."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "python/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = sorted((ROOT / "examples/python").glob("*.py"))
BLOCK = re.compile(r"^```python(?P<info>[^\n]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)

SUPPORT = """\
variables:
  customer_name: string
  issue: {type: string, default: something}
content: Dear {{ customer_name }}, let us look at {{ issue }}.
"""


def blocks(document: Path) -> list[tuple[str, str, int]]:
    """The blocks of a document: what stands after `python`, the code, the line."""
    text = document.read_text(encoding="utf-8")
    return [
        (found["info"].strip(), found["code"], text.count("\n", 0, found.start()) + 1)
        for found in BLOCK.finditer(text)
    ]


WITH_BLOCKS = [document for document in DOCUMENTS if blocks(document)]


@pytest.mark.parametrize("document", WITH_BLOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_python_blocks_of_a_document_run_one_after_the_other(document, request, write):
    write("prompts/customer_support.yaml", SUPPORT)
    names: dict[str, object] = {"__name__": "__main__"}
    for info, code, line in blocks(document):
        if info == "server":
            server = request.getfixturevalue("server")
            server.push({"customer_support.yaml": SUPPORT}, "--alias", "stable")
            names |= {"URL": server.url, "KEY": server.key}
        exec(compile("\n" * line + code, str(document), "exec"), names)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs_and_says_something(example, tmp_path):
    done = subprocess.run(
        [sys.executable, str(example)], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()
