"""Importing: the processor time of a fresh interpreter that imports, less that of one that does nothing."""

from __future__ import annotations

import os
import subprocess
import sys

from measure import Pace, figure

_STATEMENTS = {
    "promptsync": "import promptsync",
    "promptsync.PromptManager": "from promptsync import PromptManager",
    "promptsync.library": "from promptsync.library import PromptManager",
    "floor": "import promptsync_floor",
    "minijinja": "import minijinja",
    "jinja2": "import jinja2",
    "langchain": "from langchain_core.prompts import PromptTemplate",
    "langfuse": "from langfuse import Langfuse",
    "agentic-prompt-manager": "from prompt_manager import PromptManager",
}
#: A program that is started again finds its modules compiled, whatever is set here.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def imports(pace: Pace) -> None:
    """In turns; the first turn is for the disk and the compiled files, and is not counted."""
    turns = pace.fewer(15)
    times: dict[str, list[float]] = {name: [] for name in _STATEMENTS}
    for turn in range(turns + 1):
        nothing = _milliseconds("pass")
        for name, statement in _STATEMENTS.items():
            took = _milliseconds(statement) - nothing
            if turn > 0:
                times[name].append(took)
    for name, values in times.items():
        figure(f"import: {name}", values, "ms")


def _milliseconds(statement: str) -> float:
    """User and system time of a process that runs this and ends."""
    process = subprocess.Popen([sys.executable, "-c", statement], env=_ENVIRONMENT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"`{statement}` ended with {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1e3
