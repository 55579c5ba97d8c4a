"""The SDK never hurts the program that uses it: deadlines, threads, forks, the end."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from promptsync import PromptManager
from promptsync.errors import DeadlineExceededError, PromptNotAvailableError

from ..conftest import LONG


def native_threads() -> list[str]:
    """The names of this process's threads, those of Rust too."""
    names = [Path(f"/proc/self/task/{task}/comm").read_text().strip() for task in os.listdir("/proc/self/task")]
    return sorted(name for name in names if name.startswith("promptsync"))


def test_a_silent_server_costs_a_call_its_deadline_and_no_more(silent, manager):
    pm = manager(project_id="shop", url=silent)
    for milliseconds in [50, 100, 250]:
        begun = time.perf_counter()
        with pytest.raises(DeadlineExceededError):
            pm.get("mail", deadline_ms=milliseconds)
        assert milliseconds / 1000 <= time.perf_counter() - begun < milliseconds / 1000 + 0.15


def test_calls_do_not_ask_a_dead_server_again_and_again(silent, manager):
    pm = manager(project_id="shop", url=silent, deadline_ms=5)
    for _ in range(100):
        with pytest.raises(PromptNotAvailableError):
            pm.get("mail")
    assert len(silent.taken) <= 2


def test_a_server_that_refuses_connections_is_told_at_once(manager):
    pm = manager(project_id="shop", url="http://127.0.0.1:9", deadline_ms=1000 * LONG)
    begun = time.perf_counter()
    with pytest.raises(PromptNotAvailableError) as failure:
        pm.get("mail")
    assert time.perf_counter() - begun < LONG / 2
    assert failure.value.code == "unavailable"
    assert failure.value.__cause__ is not None


def test_no_thread_is_left_after_close(server):
    server.push({"mail.txt": "Hi"}, "--alias", "stable")
    before = threading.active_count()
    pm = PromptManager(**server.settings(), aliases=["stable"])
    pm.wait_ready(LONG)
    pm.on_change(lambda change: None)
    assert native_threads()
    pm.close()
    assert native_threads() == []
    assert threading.active_count() == before


def test_a_manager_that_is_forgotten_takes_its_threads_with_it(write):
    import gc

    write("prompts/mail.txt", "Hi")
    PromptManager().get("mail")
    gc.collect()
    until = time.monotonic() + LONG
    while native_threads() and time.monotonic() < until:
        time.sleep(0.01)
    assert native_threads() == []


def test_a_child_after_a_fork_has_prompts_too(server, manager):
    server.push({"mail.txt": "Hi {{ name }}"}, "--alias", "stable")
    pm = manager(**server.settings(), aliases=["stable"])
    pm.wait_ready(LONG)
    held = pm.get("mail")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = f"{held.format(name='Ann')} {pm.get('mail').format(name='Bob')}"
            pm.close()
        except BaseException as failure:
            said = repr(failure)
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    said = os.read(reading, 1000).decode()
    os.waitpid(child, 0)
    os.close(reading)
    assert said == "Hi Ann Hi Bob"
    assert pm.get("mail").format(name="Eve") == "Hi Eve", "the parent goes on"


def test_eight_threads_render_the_same_prompt_at_once(write, manager):
    write("prompts/mail.txt", "Hi {{ name }}{% for i in range(200) %} {{ i }}{% endfor %}")
    pm = manager()
    expected = {name: pm.get("mail").format(name=name) for name in "abcdefgh"}

    def render(name: str) -> bool:
        return all(pm.get("mail").format(name=name) == expected[name] for _ in range(200))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(render, expected))


def script(text: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )


def test_a_program_ends_without_closing_anything(write, tmp_path, silent):
    write("prompts/mail.txt", "Hi")
    done = script(
        f"""
        from promptsync import PromptManager
        pm = PromptManager(project_id="shop", url="{silent}", deadline_ms=50)
        pm.on_change(print)
        print(pm.get("mail").format())
        """,
        tmp_path,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hi\n", "")


def test_a_program_that_fails_ends_with_its_own_error(write, tmp_path):
    write("prompts/mail.txt", "Hi")
    done = script(
        """
        from promptsync import PromptManager
        pm = PromptManager()
        raise SystemExit(7)
        """,
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (7, "")


def test_importing_brings_in_neither_pydantic_nor_asyncio(tmp_path):
    done = script(
        """
        import sys
        before = set(sys.modules)
        import promptsync
        heavy = {"pydantic", "asyncio", "yaml", "logging", "openai", "json", "http", "typing", "re", "dataclasses"}
        print(sorted(heavy & (set(sys.modules) - before)))
        """,
        tmp_path,
    )
    assert done.stdout == "[]\n", done.stderr


def test_nothing_is_logged_unless_it_is_asked_for(write, tmp_path):
    program = """
        from promptsync import PromptManager
        pm = PromptManager(project_id="shop", url="http://127.0.0.1:9")
        """
    write("prompts/bad.yaml", "content: [")
    assert script(program, tmp_path).stderr == ""
    assert "prompt files are not used" in script(program, tmp_path, PROMPTSYNC_LOG="info").stderr


def test_the_command_comes_with_the_package(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "promptsync._cli", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("promptsync ")
    missing = subprocess.run([sys.executable, "-m", "promptsync._cli", "nonsense"], capture_output=True, check=False)
    assert missing.returncode == 2
