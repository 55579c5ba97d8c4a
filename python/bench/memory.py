"""Memory that renders leave behind, in a fresh process."""

from __future__ import annotations

import gc
import subprocess
import sys
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import engines
from cases import T1, T2, T3
from measure import Pace, figure

_WARM = 10_000


def growth(pace: Pace) -> None:
    """Resident memory after a million renders, less that after the first ten thousand."""
    renders = 1_000_000 if pace.turns > 2 else 20_000
    output = subprocess.run([sys.executable, __file__, str(renders)], check=True, stdout=subprocess.PIPE, text=True)
    figure("memory: growth over the renders", [float(output.stdout)], "MiB")


def _grown(renders: int) -> float:
    with TemporaryDirectory() as folder:
        manager = engines.promptsync(Path(folder))
        _render(manager, _WARM)
        before = _resident_mib()
        _render(manager, renders - _WARM)
        after = _resident_mib()
        manager.close()
    return after - before


def _render(manager: Any, count: int) -> None:
    for case in islice(cycle((T1, T2, T3)), count):
        manager.get_prompt(case.name, "stable").format(**case.values)
    gc.collect()


def _resident_mib() -> float:
    # Counted page by page: `statm` is an estimate that lags behind.
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:")) / 1024


if __name__ == "__main__":
    print(_grown(int(sys.argv[1])))
