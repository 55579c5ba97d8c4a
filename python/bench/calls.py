"""What a call costs apart from filling: getting a prompt, and awaiting what is ready."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import engines
from cases import T1
from measure import Contender, Pace, compiled, figure, in_turns, run

_AWAITS = 1_000


def calls(pace: Pace) -> None:
    """``get_prompt`` alone, ``await`` of what it gives, and the turns of the loop that this takes."""
    with TemporaryDirectory() as folder:
        manager = engines.promptsync(Path(folder))
        names = {"manager": manager, "prompt": manager.get_prompt(T1.name, "stable"), "values": T1.values}
        # The empty statement is the loop around the others. Two are measured inside an event loop to differ by `await` alone.
        statements = {
            "nothing": "pass",
            "get_prompt": f"manager.get_prompt({T1.name!r}, 'stable')",
            "get": f"manager.get('{T1.name}@stable')",
            "await get_prompt": f"await manager.get_prompt({T1.name!r}, 'stable')",
            "format": "prompt.format(**values)",
            "await format": "await prompt.format(**values)",
            "a turn of the loop": "await sleep(0)",
        }
        names["sleep"] = asyncio.sleep
        able = [Contender(name, statement, names) for name, statement in statements.items()]
        for contender in able[:1] + able[3:]:
            contender.turn = compiled(contender.statement, names, asynchronous=True)
        plain = Contender("get_prompt in a loop", statements["get_prompt"], names)
        plain.turn = compiled(plain.statement, names, asynchronous=True)
        measured = in_turns([*able, plain], pace)
        for name in ("get_prompt", "get"):
            figure(f"{name} alone", measured.less(name, "nothing"), "ns")
        for name, without in (("get_prompt", plain.name), ("format", "format")):
            figure(f"await of {name} adds", measured.less(f"await {name}", without), "µs", scale=1e-3)
        figure("a turn of the loop", measured.less("a turn of the loop", "nothing"), "µs", scale=1e-3)
        figure(f"turns of the loop in {_AWAITS} awaits", [run(_turns(manager))], "turns")
        manager.close()


async def _turns(manager: Any) -> int:
    """How often others of the loop had their turn meanwhile."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1
        loop.call_soon(count)

    loop = asyncio.get_running_loop()
    loop.call_soon(count)
    for _ in range(_AWAITS):
        await (await manager.get_prompt(T1.name, "stable")).format(**T1.values)
    return taken
