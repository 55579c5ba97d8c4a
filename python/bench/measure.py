"""Thread CPU time of a statement, measured in turns: A B C, A B C.

What slows the machine for a while hits all contenders of a turn alike, so a ratio is that of the turns, not of the medians.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, TypeVar

_TURN = """
{word}def turn(rounds, clock):
    begin = clock()
    for _ in rounds:
        {statement}
    return clock() - begin
"""
T = TypeVar("T")

#: A contender of which one call takes longer takes part in three turns alone.
_SLOW_NS = 200_000_000


@dataclass(frozen=True)
class Pace:
    """How many turns, and how long each contender's part of one is."""

    turns: int
    part_ns: int

    @classmethod
    def named(cls, name: str) -> Pace:
        """``full``, ``quick`` or ``trial``."""
        return {"full": cls(25, 20_000_000), "quick": cls(7, 8_000_000), "trial": cls(2, 500_000)}[name]

    def fewer(self, most: int) -> int:
        """Turns of something that takes long."""
        return min(self.turns, most)


@dataclass
class Contender:
    """A statement as a program would write it, and the names it uses; ``await`` in it means inside a running loop."""

    name: str
    statement: str
    names: Mapping[str, Any]
    turn: Callable[[int], int] = field(init=False)

    def __post_init__(self) -> None:
        self.turn = compiled(self.statement, self.names)

    def value(self) -> Any:
        """What the statement gives, once."""
        given: list[Any] = []
        compiled(f"given.append({self.statement})", {**self.names, "given": given})(1)
        return given[0]


def compiled(statement: str, names: Mapping[str, Any], asynchronous: bool | None = None) -> Callable[[int], int]:
    """A function that runs the statement so many times, and gives the nanoseconds of thread CPU time it took."""
    waits = "await " in statement if asynchronous is None else asynchronous
    space = dict(names)
    exec(_TURN.format(word="async " if waits else "", statement=statement), space)
    turn = space["turn"]
    if not waits:
        return lambda rounds: turn(repeat(None, rounds), time.thread_time_ns)
    loop = _loop()
    return lambda rounds: loop.run_until_complete(turn(repeat(None, rounds), time.thread_time_ns))


_loops: list[asyncio.AbstractEventLoop] = []


def _loop() -> asyncio.AbstractEventLoop:
    """The one loop of this program."""
    if not _loops:
        _loops.append(asyncio.new_event_loop())
    return _loops[0]


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine in the loop that contenders run in."""
    return _loop().run_until_complete(coroutine)


class Measured:
    """Nanoseconds a call, for each contender those of its turns."""

    def __init__(self, times: dict[str, list[float]]) -> None:
        self.times = times

    def nanoseconds(self, name: str) -> list[float]:
        """Of one contender."""
        return self.times[name]

    def ratio(self, name: str, to: str) -> list[float]:
        """Of two, turn by turn."""
        return [one / other for one, other in zip(self.times[name], self.times[to], strict=False)]

    def less(self, name: str, other: str) -> list[float]:
        """What one costs more than another, turn by turn."""
        return [one - less for one, less in zip(self.times[name], self.times[other], strict=False)]


def in_turns(contenders: Iterable[Contender], pace: Pace) -> Measured:
    """Measures all, in turns."""
    rounds: list[tuple[Contender, int, int]] = []
    for contender in contenders:
        contender.turn(1)
        count = 1
        while (took := contender.turn(count)) < pace.part_ns // 4 and took < _SLOW_NS:
            count *= 4
        each = max(took / count, 1.0)
        turns = 3 if each > _SLOW_NS else pace.turns
        rounds.append((contender, max(1, int(pace.part_ns / each)), min(turns, pace.turns)))
    times: dict[str, list[float]] = {contender.name: [] for contender, _, _ in rounds}
    # What setting up left behind is not looked at by the collector again and again.
    gc.collect()
    gc.freeze()
    for turn in range(pace.turns):
        for contender, count, turns in rounds:
            if turn < turns:
                times[contender.name].append(contender.turn(count) / count)
    return Measured(times)


def figure(name: str, values: Iterable[float], unit: str, ratio_to: str | None = None, scale: float = 1.0) -> None:
    """Prints a figure as a line of JSON: the median, with the quartiles when there are several values."""
    ordered = sorted(value * scale for value in values)
    line: dict[str, Any] = {"name": name, "value": statistics.median(ordered), "unit": unit}
    if ratio_to is not None:
        line["ratio_to"] = ratio_to
    if len(ordered) > 1:
        line |= {"low": ordered[len(ordered) // 4], "high": ordered[len(ordered) * 3 // 4]}
    print(json.dumps(line, ensure_ascii=False), flush=True)
