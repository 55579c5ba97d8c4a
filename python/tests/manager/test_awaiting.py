"""With and without `await`, in the same function, and never holding up a loop."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from promptsync import AsyncPromptManager
from promptsync.errors import DeadlineExceededError, PromptSyncError
from promptsync.prompt import PendingPrompt

from ..conftest import LONG

MAIL = {"mail.txt": "Hi {{ name }}"}


def test_every_result_is_a_plain_value_and_may_be_awaited(write, manager):
    write("prompts/mail.txt", "Hi {{ name }}")
    pm = manager()

    async def use() -> None:
        plain = pm.get("mail")
        prompt = await pm.get_prompt("mail")
        text = prompt.format(name="Ann")
        assert await text == text == "Hi Ann" == plain.format(name="Ann")
        assert json.dumps(text) == '"Hi Ann"'
        assert await pm.list_prompts() == ["mail"] == pm.list_prompts()
        meta = pm.create_tracking_metadata(prompt.id)
        assert (await meta)["prompt_name"] == meta["prompt_name"] == "mail"
        assert await pm.report_metrics(prompt.id, {"ok": True}) is None
        assert not pm.report_metrics(prompt.id, {"ok": True})
        assert (await pm.diff("mail", "v1", "v2")).changes == pm.diff("mail", "v1", "v2").changes == []
        assert await pm.preload() == 0
        assert (await pm.status())["memory_bytes"] > 0
        both = await asyncio.gather(pm.get("mail"), prompt.format(name="Bob"), pm.list_prompts())
        assert both[1] == "Hi Bob"
        assert await asyncio.wait_for(prompt.format(name="Eve"), LONG) == "Hi Eve"

    asyncio.run(use())


def test_a_value_that_is_there_takes_no_turn_of_the_loop(write, manager):
    write("prompts/mail.txt", "Hi {{ name }}")
    pm = manager()
    pm.get("mail")

    async def use() -> bool:
        turned = []
        asyncio.get_running_loop().call_soon(turned.append, True)
        await (await pm.get("mail")).format(name="Ann")
        return not turned

    assert asyncio.run(use())


def test_a_miss_inside_a_loop_holds_nobody_up(server, manager):
    server.push(MAIL, "--alias", "stable")
    pm = manager(**server.settings())

    async def use() -> str:
        begun = time.perf_counter()
        prompt = pm.get("mail")
        assert isinstance(prompt, PendingPrompt)
        assert time.perf_counter() - begun < 1
        return (await prompt).format(name="Ann")

    assert asyncio.run(use()) == "Hi Ann"


def test_a_miss_inside_a_loop_may_be_used_without_await(server, manager):
    server.push(MAIL, "--alias", "stable")
    pm = manager(**server.settings())

    async def use() -> str:
        return pm.get("mail").format(name="Ann")

    assert asyncio.run(use()) == "Hi Ann"


def test_the_loop_goes_on_while_a_silent_server_is_waited_for(silent, manager):
    pm = manager(project_id="shop", url=silent, deadline_ms=400)

    async def use() -> int:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0.01)
                turns += 1

        counting = asyncio.create_task(count())
        with pytest.raises(DeadlineExceededError):
            await pm.get("mail")
        counting.cancel()
        return turns

    assert asyncio.run(use()) > 5


def test_many_misses_at_once_are_one_question(server, manager):
    server.push(MAIL, "--alias", "stable")
    pm = manager(**server.settings())

    async def use() -> set[str]:
        prompts = await asyncio.gather(*(pm.get("mail") for _ in range(50)))
        return {prompt.format(name="Ann") for prompt in prompts}

    assert asyncio.run(use()) == {"Hi Ann"}


def test_waiting_and_closing_may_be_awaited(server, manager):
    server.push(MAIL, "--alias", "stable")

    async def use() -> None:
        pm = manager(**server.settings(), aliases=["stable"])
        assert await pm.wait_ready(LONG) is None
        assert await pm.preload() == 1
        assert (await pm.diff("mail", "1.0.0", "stable")).bump == "none"
        await pm.close()
        with pytest.raises(PromptSyncError):
            await pm.get("mail@^3")

    asyncio.run(use())


def test_the_async_manager_is_the_same_with_coroutines(server):
    server.push(MAIL, "--alias", "stable")

    async def use() -> str:
        async with AsyncPromptManager(**server.settings()) as pm:
            prompt = await pm.get_prompt("mail", "stable")
            await pm.report_metrics(prompt.id, {"ok": True})
            assert await pm.list_prompts() == ["mail"]
            return prompt.format(name="Ann")

    assert asyncio.run(use()) == "Hi Ann"


def test_a_failure_is_raised_where_it_is_awaited_or_used(silent, manager):
    pm = manager(project_id="shop", url=silent, deadline_ms=50)

    async def use() -> None:
        prompt = pm.get("mail")
        with pytest.raises(DeadlineExceededError):
            prompt.format(name="Ann")
        with pytest.raises(DeadlineExceededError):
            await prompt

    asyncio.run(use())
