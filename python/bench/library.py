"""The library of prompts in a folder: loading many, and listing them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Contender, Pace, figure, in_turns

_SENTENCE = "You help {{customer}} of {{company}} with {{issue}}, and end with a question. "
_PROMPT = """\
id: prompt_{number:05}
version: 1.0.0
format: text
status: active
template:
  content: "{content}"
  variables: [customer, company, issue]
metadata:
  author: bench
  tags: [tag{tag}, bench]
  category: category{category}
"""
_LOAD = """
import sys, time
from promptsync.library import PromptManager
begin, wall = time.process_time(), time.perf_counter()
manager = PromptManager.create(sys.argv[1])
print(time.perf_counter() - wall, time.process_time() - begin, len(manager.list_prompts()))
"""


def library(pace: Pace) -> None:
    """Loads a folder in fresh processes, then lists what was loaded."""
    from promptsync.library import PromptManager

    count = 10_000
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, count)
        walls, processors = [], []
        for _ in range(pace.fewer(5)):
            arguments = [sys.executable, "-c", _LOAD, name]
            output = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout
            wall, processor, loaded = output.split()
            if int(loaded) != count:
                raise AssertionError(f"{loaded} of {count} prompts were loaded")
            walls.append(float(wall))
            processors.append(float(processor))
        figure(f"library: create with {count} prompts in YAML", walls, "s")
        figure("library: processor time of that", processors, "s")
        manager = PromptManager.create(folder)
        # What is in a list may be made when it is read: both are told.
        statements = {
            f"library: list of {count} prompts": "manager.list_prompts()",
            "library: that, and reading each": "[prompt.id for prompt in manager.list_prompts()]",
        }
        able = [Contender(name, statement, {"manager": manager}) for name, statement in statements.items()]
        measured = in_turns(able, pace)
        for name in statements:
            figure(name, measured.nanoseconds(name), "ms", scale=1e-6)


def _write(folder: Path, count: int) -> None:
    """Prompts of 1 KB, a file each."""
    content = (_SENTENCE * 13).rstrip()
    for number in range(count):
        text = _PROMPT.format(number=number, content=content, tag=number % 10, category=number % 5)
        (folder / f"prompt_{number:05}.yaml").write_text(text)
