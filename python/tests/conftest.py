"""What tests share: a folder of prompts, a server that the wheel's own command runs, and one that never answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from promptsync import PromptManager

#: The project's folder; the tests themselves may be a copy that stands elsewhere.
ROOT = Path(os.environ.get("PROMPTSYNC_TEST_ROOT") or Path(__file__).resolve().parents[2])

#: Longer than anything takes that works.
LONG = 30.0

COMMAND = [sys.executable, "-m", "promptsync._cli"]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs in a folder of its own, without what this machine's user configured."""
    for name in [name for name in os.environ if name.startswith("PROMPTSYNC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / ".config"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file below the test's folder."""

    def write(path: str, text: str) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Callable[..., PromptManager]]:
    """Makes managers and closes them."""
    made: list[PromptManager] = []

    def make(*arguments: Any, **settings: Any) -> PromptManager:
        made.append(PromptManager(*arguments, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


class Server:
    """A server with one project, `shop`, and its prompts in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir()
        self.key = self.run("keys", "create", "--data-dir", "data", "--project", "shop", "--role", "admin").strip()
        self.listen = "127.0.0.1:0"
        self.url = ""
        self.start()

    def start(self) -> None:
        """Starts it, at the address it had before."""
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--data-dir", "data", "--listen", self.listen],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.url = line.removeprefix("listening on ").strip()
        self.listen = self.url.removeprefix("http://")

    def stop(self) -> None:
        """Ends it at once."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def run(self, *arguments: str) -> str:
        """Runs a command of the wheel in the server's folder."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        if hasattr(self, "url"):
            environment |= {
                "PROMPTSYNC_URL": self.url,
                "PROMPTSYNC_API_KEY": self.key,
                "PROMPTSYNC_PROJECT": "shop",
            }
        done = subprocess.run(
            [*COMMAND, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def push(self, files: dict[str, str], *arguments: str) -> None:
        """Writes prompt files and publishes the folder."""
        for name, text in files.items():
            file = self.folder / "prompts" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        self.run("push", *arguments)

    def settings(self) -> dict[str, Any]:
        """What a manager needs to reach it."""
        return {"project_id": "shop", "url": self.url, "api_key": self.key, "deadline_ms": 1000 * LONG}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of this test's own."""
    server = Server(tmp_path / "server")
    yield server
    server.stop()


class Silent(str):
    """The address of a server that takes connections and never answers; it counts them."""

    taken: list[socket.socket]


@pytest.fixture
def silent() -> Iterator[Silent]:
    """A server that takes connections and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept)
    thread.start()
    address = Silent(f"http://127.0.0.1:{listener.getsockname()[1]}")
    address.taken = taken
    yield address
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
    for one in taken:
        one.close()
