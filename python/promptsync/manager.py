"""The prompts of a project: from memory, up to date, and there when the server is not."""

from __future__ import annotations

import atexit
import os
import weakref
from collections.abc import Callable, Mapping, Sequence

from promptsync import _core, _forks, settings
from promptsync._awaitable import DONE, Count, Done, Items, Record
from promptsync._log import log
from promptsync._pending import ThreadFlight, running_loop, settled
from promptsync._typing import TYPE_CHECKING, Any
from promptsync.errors import ClosedError, ValidationError
from promptsync.prompt import PendingPrompt, Prompt
from promptsync.tracking import Served

if TYPE_CHECKING:
    from promptsync.cache_strategy import CacheStrategy
    from promptsync.changes import Change
    from promptsync.diff import PromptDiff
    from promptsync.library import PromptManager as LibraryManager


class PromptManager:
    """The prompts of a project.

    It answers from memory and keeps itself up to date in the background. While the server is away, memory answers, then
    the files of ``cache_dir``, then ``bundle``, then the prompt files of this machine; each prompt says which, and how
    old it is. Without a server and without any setting the prompt files in ``./prompts`` are all there is.

    Every method gives its result, and the result may be awaited: ``pm.get("support")`` and ``await pm.get("support")``
    mean the same. Inside a running event loop nothing waits for the network: what is not in memory is on its way until
    it is awaited or used.

    Arguments that are not given come from the environment, ``promptsync.toml`` or ``pyproject.toml``, as for the
    command. ``refresh_interval`` and times in ``cache_strategy`` are seconds, ``deadline_ms`` is how long a call may take
    when what it asks for is not held. ``alias`` is meant where a call names none. With ``respect_canary`` an alias that
    divides its traffic does so by ``unit``, which is this machine's name when nothing else is said; without it the
    version that is not on trial is served, unless a call names its unit.

    >>> PromptManager("shop", url="https://prompts.example", api_key="ps_…", deadline_ms=0)
    <PromptManager of shop, https://prompts.example>
    """

    def __init__(
        self,
        project_id: str | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        refresh_interval: float = 300,
        respect_canary: bool = True,
        cache_strategy: CacheStrategy | Mapping[str, Any] | None = None,
        *,
        url: str | None = None,
        api_key: str | None = None,
        prompt_dir: str | os.PathLike[str] | None = None,
        bundle: str | os.PathLike[str] | None = None,
        alias: str = "stable",
        aliases: Sequence[str] = (),
        service: str | None = None,
        git_commit: str | None = None,
        uses: Mapping[str, Sequence[str]] | None = None,
        unit: str | None = None,
        deadline_ms: float = 100,
        pin: str | None = None,
    ) -> None:
        strategy = settings.checked(cache_strategy)
        host = settings.host_name()
        self._settings: dict[str, Any] = {
            **settings.found(project_id=project_id, url=url, api_key=api_key, prompt_dir=prompt_dir, pin=pin),
            "aliases": settings.texts(aliases),
            "service": settings.service_name(service),
            "host": host,
            "git_commit": git_commit,
            "uses": {name: list(variables) for name, variables in (uses or {}).items()},
            "unit": unit or (host if respect_canary else None),
            "deadline_seconds": deadline_ms / 1000,
            "memory_bytes": settings.size_in_bytes(strategy.get("max_cache_size", settings.MEMORY_BYTES)),
            "cache": None if cache_dir is None else os.fspath(cache_dir),
            "bundle": None if bundle is None else os.fspath(bundle),
            "poll_seconds": settings.poll_seconds(refresh_interval, strategy),
        }
        self._alias = alias
        self._listeners: list[Callable[[str, int, list[str]], object]] = []
        self._served = Served()
        self._closed = False
        self._core: _core.Client | None = self._start()
        self._hot = self._core.hot
        _forks.remember(self)
        _open.add(self)

    @classmethod
    def create(cls, prompt_dir: str | os.PathLike[str] = "./prompts", **options: Any) -> LibraryManager:
        """The prompts of a folder as a library that also writes them: see :mod:`promptsync.library`.

        >>> import tempfile
        >>> PromptManager.create(prompt_dir=tempfile.mkdtemp()).list_prompts()
        []
        """
        from promptsync.library import PromptManager as Library

        return Library.create(prompt_dir=os.fspath(prompt_dir), **options)

    def get(
        self,
        prompt: str,
        *,
        tags: Mapping[str, str] | None = None,
        unit: str | None = None,
        model: str | None = None,
        deadline_ms: float | None = None,
        fallback_to_local: bool = True,
    ) -> Prompt:
        """A prompt by name and reference: ``support@production``, ``support@^1.2``, ``support@1.2.0``, ``support``.

        ``tags`` and ``model`` choose among its contents, ``unit`` decides where the alias divides its traffic. It takes no
        longer than ``deadline_ms``, whatever the network does.

        >>> from promptsync.testing import FakePromptManager
        >>> FakePromptManager({"support": "Hi {{ name }}"}).get("support@production").format(name="Ann")
        'Hi Ann'
        """
        name, _, reference = prompt.partition("@")
        return self.get_prompt(
            name, reference, fallback_to_local, tags, unit=unit, model=model, deadline_ms=deadline_ms
        )

    def get_prompt(
        self,
        prompt_id: str,
        version_or_alias: str | None = None,
        fallback_to_local: bool = True,
        tags: Mapping[str, str] | None = None,
        *,
        unit: str | None = None,
        model: str | None = None,
        deadline_ms: float | None = None,
    ) -> Prompt:
        """A prompt by name and alias (``stable``), version (``v1``, ``1.2.0``, ``latest``), digest or commit.

        With ``fallback_to_local`` a prompt file of this machine is served when nothing else is there.

        >>> from promptsync.testing import FakePromptManager
        >>> FakePromptManager({"support": "Hi {{ name }}"}).get_prompt("support", "v1").name
        'support'
        """
        if tags is None and unit is None and model is None and fallback_to_local:
            # Asked for a moment ago with the same words: nothing has to be resolved.
            hot = self._hot(prompt_id, version_or_alias or self._alias)
            if hot is not None:
                return hot  # type: ignore[no-any-return]
        return self._get(
            prompt_id, version_or_alias or self._alias, tags, unit, model, deadline_ms, fallback_to_local
        )

    def _get(
        self,
        name: str,
        reference: str,
        tags: Mapping[str, str] | None,
        unit: str | None,
        model: str | None,
        deadline_ms: float | None,
        folder: bool,
    ) -> Prompt:
        core = self._client()
        plain = tags is None and unit is None and model is None and folder
        seconds = None if deadline_ms is None else deadline_ms / 1000
        found = core.get(name, reference, tags, unit, model, seconds, folder)

        def shown(native: _core.Prompt) -> Prompt:
            prompt = Prompt(native)
            self._served.add(prompt)
            if plain:
                core.remember(name, reference, native, prompt)
            return prompt

        if isinstance(found, _core.Prompt):
            return shown(found)
        if running_loop() is None:
            return shown(found.wait())
        return PendingPrompt((found,), shown)

    def list_prompts(self) -> Items[str]:
        """The names of the prompts that are held, and of the prompt files of this machine.

        >>> from promptsync.testing import FakePromptManager
        >>> FakePromptManager({"support": "Hi", "answer": "Yes"}).list_prompts()
        ['answer', 'support']
        """
        return Items(self._client().names())

    def diff(self, prompt_id: str, old: str, new: str) -> PromptDiff:
        """What differs between two versions.

        >>> from promptsync.testing import FakePromptManager
        >>> FakePromptManager({"support": "Hi"}).diff("support", "v1", "v2").changes
        []
        """
        from promptsync.diff import PromptDiff

        sides = [self._get(prompt_id, reference, None, None, None, None, True) for reference in (old, new)]

        def compared(*_: object) -> PromptDiff:
            before, after = ((side, side._native, reference) for side, reference in zip(sides, (old, new)))
            return PromptDiff.between(before, after)

        flights = [flight for side in sides if isinstance(side, PendingPrompt) for flight in side.flights]
        return settled(flights, compared) if flights else compared()

    def create_tracking_metadata(
        self, prompt_id: str, context: Mapping[str, Any] | None = None
    ) -> Record[Any]:
        """What to store beside an answer of the model, so that it can be said later which text led to it.

        ``prompt_id`` is :attr:`Prompt.id`; a name alone means the version that was last got of it.

        >>> from promptsync.testing import FakePromptManager
        >>> pm = FakePromptManager({"support": "Hi"})
        >>> pm.create_tracking_metadata(pm.get("support").id, {"customer_id": "7"})["context"]
        {'customer_id': '7'}
        """
        return Record(self._served.metadata(prompt_id, context))

    def report_metrics(
        self, prompt_id: str, metrics: Mapping[str, Any], context: Mapping[str, Any] | None = None
    ) -> Done:
        """Hands in what was measured of one use of a prompt, in the background; what does not fit is lost.

        >>> from promptsync.testing import FakePromptManager
        >>> pm = FakePromptManager({"support": "Hi"})
        >>> bool(pm.report_metrics(pm.get("support").id, {"success": True, "latency_ms": 250}))
        False
        """
        self._client().report(self._served.fact(prompt_id, metrics, context))
        return DONE

    def preload(self) -> Count:
        """Compiles everything that is held, so that no call has to; gives how many prompts that are."""
        return settled([self._client().preload()], Count)

    def wait_ready(self, timeout: float = 10) -> Done:
        """Waits until every alias can be served, by the server or by what this machine has, for so many seconds."""
        return settled([self._client().wait_ready(timeout)], lambda _: DONE)

    def on_change(self, callback: Callable[[Change], object]) -> Done:
        """Calls this after every change of an alias that is held, one after another, on a thread of the manager's."""

        def call(alias: str, revision: int, prompts: list[str]) -> None:
            from promptsync.changes import Change

            callback(Change(alias, revision, tuple(prompts)))

        self._client().on_change(call)
        self._listeners.append(call)
        return DONE

    def status(self) -> Record[Any]:
        """How it does: for each alias the revision, source, age, transport, and why the last try gave nothing."""
        return Record(self._client().status())

    def close(self) -> Done:
        """Ends every thread, after what was counted is handed in, within a few seconds. Memory is served on."""
        core, self._closed = self._core, True
        _open.discard(self)
        if core is None or core.closed:
            return DONE
        if running_loop() is None:
            core.close()
            return DONE
        return settled([ThreadFlight(core.close)], lambda _: DONE)

    def _start(self) -> _core.Client:
        try:
            return _core.Client(self._settings)
        except ValidationError as error:
            if self._settings["url"] is None or self._settings["folder"] is None:
                raise
            # The files are the last resort: one that is broken is no reason to do without the server.
            log().warning("the prompt files are not used: %s", error)
            self._settings["folder"] = None
            return _core.Client(self._settings)

    def _client(self) -> _core.Client:
        return self._core or self._restart()

    def _restart(self) -> _core.Client:
        """A client for this process, which was forked from the one that made the manager."""
        if self._closed:
            raise ClosedError("the manager was closed", code="closed")
        core = self._start()
        for listener in self._listeners:
            core.on_change(listener)
        self._core, self._hot = core, core.hot
        return core

    def _nothing_hot(self, name: str, reference: str) -> None:
        """What is asked first in a child: its parent's client is not touched."""

    def _begin_anew(self) -> _core.Client | None:
        core, self._core, self._hot = self._core, None, self._nothing_hot
        return core

    def __enter__(self) -> PromptManager:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> PromptManager:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        url = self._settings["url"] or "no server"
        return f"<PromptManager of {self._settings['project']}, {url}>"


# Those whose counts are handed in when the program ends.
_open: weakref.WeakSet[PromptManager] = weakref.WeakSet()


@atexit.register
def _farewell() -> None:
    for manager in list(_open):
        core = manager._core
        if core is not None and manager._settings["url"] is not None:
            core.close()
