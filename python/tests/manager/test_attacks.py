"""Whoever sits between the SDK and its server: each attack is refused with its own code, what was good is served on."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from promptsync import PromptManager

from ..conftest import LONG

PROGRAM = os.environ.get("PROMPTSYNC_TEST_LYING_SERVER")

ATTACKS = [
    "arbitrary content",
    "rollback",
    "fast-forward",
    "freeze",
    "mix and match",
    "endless data",
    "slow retrieval",
    "wrong key",
    "a stranger's keys",
    "replaced key",
    "other subject",
    "swapped document",
    "truncated snapshot",
]


class Liar:
    """A server that lies when it is told to."""

    def __init__(self) -> None:
        assert PROGRAM is not None
        self.process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = json.loads(self.process.stdout.readline())
        self.url: str = said["url"]
        self.attacks: dict[str, dict[str, Any]] = {attack["name"]: attack for attack in said["attacks"]}

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"


@pytest.fixture
def liar() -> Iterator[Liar]:
    if PROGRAM is None:
        pytest.skip("PROMPTSYNC_TEST_LYING_SERVER does not name the server that lies; `cargo xtask test` does")
    liar = Liar()
    yield liar
    liar.process.kill()
    liar.process.communicate()


def until(wanted) -> bool:
    """Waits until something is as wanted."""
    looking = threading.Event()
    for _ in range(int(LONG / 0.02)):
        if wanted():
            return True
        looking.wait(0.02)
    return False


def alias(pm: PromptManager) -> dict[str, Any]:
    return pm.status()["aliases"]["production"]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_with_its_own_code_and_what_was_good_is_served_on(liar, manager, name):
    attack = liar.attacks[name]
    liar.tell("publish better")
    if attack["streams"]:
        liar.tell("streams")
    pm = manager(
        project_id="shop",
        url=liar.url,
        api_key="ps_test",
        aliases=["production"],
        refresh_interval=0.04,
        deadline_ms=5000,
    )
    pm.wait_ready(LONG)
    assert pm.get("greeting@production").format() == "better"
    if attack["streams"]:
        assert until(lambda: alias(pm)["transport"] == "stream")
    liar.tell(f"attack {name}")
    if attack["then"]:
        assert until(lambda: alias(pm)["revision"] > 2)
        liar.tell("then")

    def refused() -> bool:
        return attack["code"] in [(alias(pm)[word] or {}).get("code") for word in ("failure", "refused")]

    assert until(refused), pm.status()
    assert pm.get("greeting@production").format() == "better"
    if attack["for_ever"]:
        return
    liar.tell("heal")
    liar.tell("publish best")
    assert until(lambda: alias(pm)["revision"] == 3)
    assert pm.get("greeting@production").format() == "best"


def test_every_attack_that_there_is_is_tried(liar):
    assert sorted(liar.attacks) == sorted(ATTACKS)
    assert len({attack["code"] for attack in liar.attacks.values()}) == len(ATTACKS)
