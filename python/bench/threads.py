"""Whether threads render side by side: wall-clock time of the same work by one thread and by eight."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import engines
from cases import T1, T4, Case
from measure import Pace, figure

_THREADS = 8


def threads(pace: Pace) -> None:
    """A text of 50 KB, which is rendered without Python's lock, and a short one, which is not worth giving it up."""
    with TemporaryDirectory() as folder:
        manager = engines.promptsync(Path(folder))
        for case, each, what in ((T4, 40, "50 KB"), (T1, 20_000, "170 B")):
            work = max(each // (25 // min(pace.turns, 25)), 1)
            speeds = []
            for _ in range(pace.fewer(9)):
                one = _seconds(manager, case, 1, work * _THREADS)
                speeds.append(one / _seconds(manager, case, _THREADS, work))
            figure(f"{what}: {_THREADS} threads", speeds, "×", "one thread")
        manager.close()


def _seconds(manager: Any, case: Case, count: int, work: int) -> float:
    """Until so many threads have rendered so often each."""
    ready = threading.Barrier(count + 1)

    def render() -> None:
        ready.wait()
        for _ in range(work):
            manager.get_prompt(case.name, "stable").format(**case.values)

    running = [threading.Thread(target=render) for _ in range(count)]
    for thread in running:
        thread.start()
    ready.wait()
    begin = time.perf_counter()
    for thread in running:
        thread.join()
    return time.perf_counter() - begin
