"""Renders in numbers, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from promptsync._awaitable import DONE, Done, Record
from promptsync.library.observability.observer import Observer
from promptsync.library.times import as_utc, utc_now

if TYPE_CHECKING:
    from promptsync.library.models import PromptExecution

# Those used longest ago are forgotten first; the totals keep their share.
_MOST_PROMPTS = 10_000


class _Render(NamedTuple):
    at: datetime
    milliseconds: float


@dataclass
class _Counts:
    renders: int = 0
    errors: int = 0
    cache_hits: int = 0
    cache_misses: int = 0
    milliseconds: float = 0.0


class MetricsCollector(Observer):
    """Counts renders, and keeps the durations of the latest for percentiles.

    Give it to the manager as ``metrics`` or add it as an observer, not both: it would count everything twice. As an
    observer it is not told of the cache.

    >>> metrics = MetricsCollector()
    >>> _ = metrics.record_render("greeting", "1.0.0", 2.0, True)
    >>> metrics.get_metrics()["performance"]["p95_duration_ms"]
    2.0

    Args:
        window: How many durations are kept; 10,000 take about 1 MiB.
    """

    def __init__(self, window: int = 10_000) -> None:
        if window < 1:
            raise ValueError("The window must be 1 or more")
        self._lock = Lock()
        self._latest: deque[_Render] = deque(maxlen=window)
        self.reset()

    def reset(self) -> Done:
        """Begin again from nothing."""
        with self._lock:
            self._latest.clear()
            self._total = _Counts()
            # Keys are (prompt id, version), and (prompt id, None) for what the cache was asked.
            self._prompts: OrderedDict[tuple[str, str | None], _Counts] = OrderedDict()
            self._first_render: datetime | None = None
            self._last_render: datetime | None = None
        return DONE

    def record_render(self, prompt_id: str, version: str, duration_ms: float, success: bool) -> Done:
        """Count a render; the duration of one that failed says nothing and is left out."""
        now = utc_now()
        with self._lock:
            self._first_render = self._first_render or now
            self._last_render = now
            for counts in (self._total, self._counts(prompt_id, version)):
                if success:
                    counts.renders += 1
                    counts.milliseconds += duration_ms
                else:
                    counts.errors += 1
            if success:
                self._latest.append(_Render(now, duration_ms))
        return DONE

    def record_cache_hit(self, prompt_id: str) -> Done:
        """Count a text that the cache had."""
        with self._lock:
            for counts in (self._total, self._counts(prompt_id, None)):
                counts.cache_hits += 1
        return DONE

    def record_cache_miss(self, prompt_id: str) -> Done:
        """Count a text that the cache did not have."""
        with self._lock:
            for counts in (self._total, self._counts(prompt_id, None)):
                counts.cache_misses += 1
        return DONE

    def on_render_complete(self, prompt_id: str, version: str, execution: PromptExecution) -> None:
        """Count a render."""
        self.record_render(prompt_id, version, execution.duration_ms or 0.0, True)

    def on_render_error(self, prompt_id: str, version: str, error: Exception) -> None:
        """Count a failure."""
        self.record_render(prompt_id, version, 0.0, False)

    def get_metrics(self, *, since: datetime | None = None) -> dict[str, Any]:
        """Give the numbers as ``summary``, ``performance`` and ``per_prompt``.

        Args:
            since: Restricts ``performance`` to renders from then on. The counts are always those since the beginning.
        """
        with self._lock:
            start = None if since is None else as_utc(since)
            durations = sorted(render.milliseconds for render in self._latest if start is None or render.at >= start)
            return Record(summary=self._summary(), performance=_performance(durations), per_prompt=self._per_prompt())

    def _counts(self, prompt_id: str, version: str | None) -> _Counts:
        key = (prompt_id, version)
        counts = self._prompts.setdefault(key, _Counts())
        self._prompts.move_to_end(key)
        if len(self._prompts) > _MOST_PROMPTS:
            self._prompts.popitem(last=False)
        return counts

    def _summary(self) -> dict[str, Any]:
        total = self._total
        asked = total.cache_hits + total.cache_misses
        return {
            "total_renders": total.renders,
            "total_errors": total.errors,
            "total_cache_hits": total.cache_hits,
            "total_cache_misses": total.cache_misses,
            "cache_hit_rate": round(total.cache_hits / asked, 3) if asked else 0,
            "first_render": self._first_render.isoformat() if self._first_render else None,
            "last_render": self._last_render.isoformat() if self._last_render else None,
        }

    def _per_prompt(self) -> list[dict[str, Any]]:
        rendered = {prompt_id for prompt_id, version in self._prompts if version is not None}
        rows: list[dict[str, Any]] = []
        for (prompt_id, version), counts in self._prompts.items():
            if version is None and prompt_id in rendered:
                continue
            # The cache is asked for a prompt, so each of its versions shows the answers for all.
            cache = self._prompts.get((prompt_id, None), counts)
            rows.append(
                {
                    "prompt": prompt_id if version is None else f"{prompt_id}:{version}",
                    "renders": counts.renders,
                    "errors": counts.errors,
                    "cache_hits": cache.cache_hits,
                    "cache_misses": cache.cache_misses,
                    "avg_duration_ms": round(counts.milliseconds / counts.renders, 2) if counts.renders else 0,
                }
            )
        return rows


def _performance(durations: Sequence[float]) -> dict[str, float]:
    """What sorted durations amount to."""
    if not durations:
        return {f"{name}_duration_ms": 0.0 for name in ("avg", "min", "max", "p50", "p95", "p99")}
    numbers = {
        "avg": sum(durations) / len(durations),
        "min": durations[0],
        "max": durations[-1],
        "p50": _percentile(durations, 50),
        "p95": _percentile(durations, 95),
        "p99": _percentile(durations, 99),
    }
    return {f"{name}_duration_ms": round(number, 2) for name, number in numbers.items()}


def _percentile(durations: Sequence[float], percent: int) -> float:
    return durations[min(len(durations) * percent // 100, len(durations) - 1)]
