"""Whether threads render side by side: wall-clock time of the same work by one thread and by eight."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import engines
from cases import T1, T4, Case
from measure import Pace, figure

_THREADS = 8


def threads(pace: Pace) -> None:
    """A text of 50 KB, which is rendered without Python's lock, and a short one, which is not worth giving it up.

    Hashing gives up the lock too and shares nothing: what it reaches is what the machine has to give.
    """
    with TemporaryDirectory() as folder:
        manager = engines.promptsync(Path(folder))
        block = bytes(1 << 18)

        def render(case: Case) -> Callable[[], object]:
            return lambda: manager.get_prompt(case.name, "stable").format(**case.values)

        works = (
            ("50 KB", render(T4), 80),
            ("160 B", render(T1), 20_000),
            ("hashing", lambda: hashlib.sha256(block).digest(), 80),
        )
        shorter = 25 // min(pace.turns, 25)
        speeds: dict[str, list[float]] = {name: [] for name, _, _ in works}
        for _ in range(pace.fewer(9)):
            for name, work, each in works:
                count = max(each // shorter, 1)
                one = _seconds(work, 1, count * _THREADS)
                speeds[name].append(one / _seconds(work, _THREADS, count))
        for name, values in speeds.items():
            figure(f"{name}: {_THREADS} threads", values, "×", "one thread")
        manager.close()


def _seconds(work: Callable[[], object], threads: int, count: int) -> float:
    """Until so many threads have done the work so often each."""
    ready = threading.Barrier(threads + 1)

    def repeat() -> None:
        ready.wait()
        for _ in range(count):
            work()

    running = [threading.Thread(target=repeat) for _ in range(threads)]
    for thread in running:
        thread.start()
    ready.wait()
    begin = time.perf_counter()
    for thread in running:
        thread.join()
    return time.perf_counter() - begin
