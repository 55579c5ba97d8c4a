"""Measures the Python package beside its peers, and prints a line of JSON a figure.

    python run.py [--quick | --trial] [NAME…]

Names are those of the parts below; without one all are measured.
"""

from __future__ import annotations

import os
import sys

from calls import calls
from imports import imports
from library import library
from measure import Pace
from memory import growth
from renders import chat, large_values, texts
from threads import threads

#: The threads come first: what follows keeps to one core.
_PARTS = {
    "threads": threads,
    "texts": texts,
    "large": large_values,
    "chat": chat,
    "calls": calls,
    "imports": imports,
    "library": library,
    "memory": growth,
}


def main(words: list[str]) -> None:
    """Measures what was asked for."""
    paces = [word.removeprefix("--") for word in words if word.startswith("--")]
    pace = Pace.named(paces[0] if paces else "full")
    names = [word for word in words if not word.startswith("--")]
    for name, part in _PARTS.items():
        if names and name not in names:
            continue
        if name != "threads":
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        part(pace)


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.stdout.flush()
    # Clients of others leave threads behind that would be waited for.
    os._exit(0)
