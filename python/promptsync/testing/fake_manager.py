"""A manager with prompts of a test's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from promptsync import _core
from promptsync._awaitable import DONE, Count, Done, Items, Record
from promptsync.diff import PromptDiff
from promptsync.errors import NotFoundError
from promptsync.manager import PromptManager
from promptsync.prompt import Prompt
from promptsync.testing.calls import Call
from promptsync.testing.native import FakeNative
from promptsync.testing.sources import Source, compiled, keys_of
from promptsync.tracking import Served

if TYPE_CHECKING:
    from promptsync.changes import Change


class FakePromptManager(PromptManager):
    """A :class:`promptsync.PromptManager` that has the prompts it is given, and neither server, files nor threads.

    Prompts are checked and rendered by the same code as those of a server, so a missing variable fails in the test as
    it would in production. Every reference leads to the prompt of the name, unless the reference has a prompt of its
    own: ``{"support": "…", "support@1.2.0": "…"}``.

    >>> prompts = FakePromptManager({"chat": [{"role": "user", "content": "Hello {{ name }}"}]})
    >>> prompts.get("chat").format(name="Ann")
    [{'role': 'user', 'content': 'Hello Ann'}]

    Args:
        prompts: For each name a template, a list of messages, or the keys of a prompt file.
        record_values: Whether :attr:`calls` keep the values of variables as well as their names.
    """

    def __init__(self, prompts: Mapping[str, Source] | None = None, *, record_values: bool = False) -> None:
        self.calls: list[Call] = []
        """What was got and rendered, in order."""
        self.metrics: list[dict[str, Any]] = []
        """What was handed in by :meth:`report_metrics`."""
        self.closed = False
        """Whether it was closed. It serves on, as the real one does from memory."""
        self._sources: dict[str, Source] = dict(prompts or {})
        self._compiled: dict[Any, _core.Prompt] = {}
        self._failures: dict[str | None, BaseException | type[BaseException]] = {}
        self._callbacks: list[Callable[[Change], object]] = []
        self._record_values = record_values
        self._alias = "stable"
        self._served = Served()

    def add(self, name: str, prompt: Source) -> None:
        """Gives one more prompt, or another content to one that is there.

        >>> prompts = FakePromptManager()
        >>> prompts.add("greeting", "Hello")
        >>> prompts.get("greeting").format()
        'Hello'
        """
        self._sources[name] = prompt
        self._compiled.clear()

    def fail_with(self, error: BaseException | type[BaseException] | None, *, name: str | None = None) -> None:
        """Lets every ``get`` fail with this error, or only those of one prompt, until it is called with ``None``.

        >>> from promptsync.errors import PromptNotAvailableError
        >>> prompts = FakePromptManager({"greeting": "Hello"})
        >>> prompts.fail_with(PromptNotAvailableError("the server is away"))
        >>> prompts.get("greeting")
        Traceback (most recent call last):
        promptsync.errors.PromptNotAvailableError: the server is away
        """
        if error is None:
            self._failures.pop(name, None)
        else:
            self._failures[name] = error

    def change(self, alias: str, *prompts: str) -> None:
        """Tells everyone who asked by :meth:`on_change` that an alias moved."""
        from promptsync.changes import Change

        for callback in self._callbacks:
            callback(Change(alias, 1, prompts))

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
        """As the real one; an unknown name is a :class:`promptsync.errors.NotFoundError`."""
        return super().get(
            prompt, tags=tags, unit=unit, model=model, deadline_ms=deadline_ms, fallback_to_local=fallback_to_local
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
        """As the real one; an unknown name is a :class:`promptsync.errors.NotFoundError`."""
        return self._found(prompt_id, version_or_alias or self._alias, tags, unit, model)

    def list_prompts(self) -> Items[str]:
        """The names of the prompts."""
        return Items(sorted({name.partition("@")[0] for name in self._sources}))

    def diff(self, prompt_id: str, old: str, new: str) -> PromptDiff:
        """As the real one."""
        sides = ((self._found(prompt_id, reference), reference) for reference in (old, new))
        before, after = ((side, _native(side).compiled, reference) for side, reference in sides)
        return PromptDiff.between(before, after)

    def create_tracking_metadata(self, prompt_id: str, context: Mapping[str, Any] | None = None) -> Record[Any]:
        """As the real one."""
        return Record(self._served.metadata(prompt_id, context))

    def report_metrics(
        self, prompt_id: str, metrics: Mapping[str, Any], context: Mapping[str, Any] | None = None
    ) -> Done:
        """Keeps them in :attr:`metrics`."""
        self.metrics.append(self._served.fact(prompt_id, metrics, context))
        return DONE

    def preload(self) -> Count:
        """Compiles every prompt, so that one that is broken fails here."""
        for key in self._sources:
            name, _, reference = key.partition("@")
            self._compile(name, reference or self._alias, None, None)
        return Count(len(self._sources))

    def wait_ready(self, timeout: float = 10) -> Done:
        """It always is."""
        return DONE

    def on_change(self, callback: Callable[[Change], object]) -> Done:
        """Calls this when the test calls :meth:`change`."""
        self._callbacks.append(callback)
        return DONE

    def status(self) -> Record[Any]:
        """That of a manager whose server is there."""
        alias = {"revision": 1, "source": "memory", "age_seconds": 0.0, "expired": False, "complete": True}
        return Record(aliases={self._alias: {**alias, "transport": "fake", "failure": None, "refused": None}})

    def close(self) -> Done:
        """Notes it in :attr:`closed`."""
        self.closed = True
        return DONE

    def _found(
        self,
        name: str,
        reference: str,
        tags: Mapping[str, str] | None = None,
        unit: str | None = None,
        model: str | None = None,
    ) -> Prompt:
        self.calls.append(Call("get", name, reference, tags, unit, model))
        failure = self._failures.get(name) or self._failures.get(None)
        if failure is not None:
            raise failure
        source = self._sources.get(f"{name}@{reference}", self._sources.get(name))
        if source is None:
            known = ", ".join(self.list_prompts()) or "none"
            raise NotFoundError(f"there is no prompt `{name}`", hint=f"the fake manager has: {known}")

        def rendering(variables: Mapping[str, Any]) -> None:
            values = dict(variables) if self._record_values else None
            names = tuple(sorted(variables))
            self.calls.append(Call("render", name, reference, tags, unit, model, names, values))

        version = str(keys_of(source).get("version", "1.0.0"))
        native = FakeNative(self._compile(name, reference, tags, model), name, reference, version, rendering)
        prompt = Prompt(cast("_core.Prompt", native))
        self._served.add(prompt)
        return prompt

    def _compile(self, name: str, reference: str, tags: Mapping[str, str] | None, model: str | None) -> _core.Prompt:
        own = f"{name}@{reference}"
        key = (own if own in self._sources else name, tuple(sorted((tags or {}).items())), model)
        if key not in self._compiled:
            sources = {other: source for other, source in self._sources.items() if "@" not in other}
            sources[name] = self._sources[key[0]]
            self._compiled[key] = compiled(sources, name, tags=tags, model=model)
        return self._compiled[key]

    def __repr__(self) -> str:
        return f"<FakePromptManager of {len(self._sources)} prompts>"


def _native(prompt: Prompt) -> FakeNative:
    return cast("FakeNative", prompt._native)
