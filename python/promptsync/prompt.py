"""A version of a prompt, chosen for a caller."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from promptsync._pending import Landing
from promptsync._typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync import _core
    from promptsync._pending import Waiting
    from promptsync.rendered import Messages, Text


class Prompt:
    """A version of a prompt, chosen for a caller and ready to be filled. It stays what it is while others are published.

    >>> from promptsync.testing import FakePromptManager
    >>> prompt = FakePromptManager({"greeting": "Dear {{ name }},"}).get("greeting")
    >>> prompt.format(name="Ann")
    'Dear Ann,'
    """

    __slots__ = ("_native", "_render")

    _native: _core.Prompt
    _render: Callable[..., Any]

    def __init__(self, native: _core.Prompt) -> None:
        self._native = native
        self._render = native.render

    def format(self, /, **variables: Any) -> Text | Messages:
        """Fills the prompt: a text, or messages for a chat.

        Values may be text, numbers, booleans, ``None``, lists and dictionaries of these, and what has one obvious form
        among them: dates, decimals, UUIDs, paths, dataclasses, pydantic models. Masks stand in place of secrets.

        Raises :class:`~promptsync.errors.MissingVariableError` with the names of all that are missing,
        :class:`~promptsync.errors.ValidationError` for a value of another type than declared, and
        :class:`~promptsync.errors.TemplateError` when the template fails. None of them shows a value.

        >>> from promptsync.testing import FakePromptManager
        >>> chat = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "{{ question }}"}]
        >>> FakePromptManager({"answer": chat}).get("answer").format(question="Why?")[1]["content"]
        'Why?'
        """
        return self._render(variables)  # type: ignore[no-any-return]

    def render(
        self, variables: Mapping[str, Any] | None = None, /, *, secrets: Mapping[str, str] | None = None, **more: Any
    ) -> Text | Messages:
        """The same with variables in a mapping, by name, or both; ``secrets`` are values this program looked up.

        >>> from promptsync.testing import FakePromptManager
        >>> FakePromptManager({"support": "{{ a }} {{ b }}"}).get("support").render({"a": 1}, b=2)
        '1 2'
        """
        given = {**variables, **more} if variables else more
        return self._render(given, dict(secrets) if secrets else None)  # type: ignore[no-any-return]

    @property
    def name(self) -> str:
        """Its name, unique in the project."""
        return self._native.name

    @property
    def id(self) -> str:
        """The name with the version, ``support@1.2.0``: what metrics and traces are filed under. A prompt file of this
        machine has no version; then the digest of its content stands there."""
        native = self._native
        return f"{native.name}@{native.version or native.digest}"

    @property
    def version(self) -> str | None:
        """Its version, ``1.2.0``; a prompt file of this machine has none."""
        return self._native.version

    @property
    def alias(self) -> str | None:
        """The alias that led there, when one did."""
        return self._native.alias

    @property
    def digest(self) -> str:
        """The digest of its content, ``sha256:…``: same content, same digest, everywhere."""
        return self._native.digest

    @property
    def source(self) -> str:
        """Where it comes from: ``memory``, ``file``, ``bundle``, ``folder`` or ``server``."""
        return self._native.source

    @property
    def age_seconds(self) -> float:
        """Seconds between the moment when it was known to be what the reference means and the one when it was got."""
        return self._native.age_seconds

    @property
    def is_stale(self) -> bool:
        """Whether it may have been replaced without this program knowing: the server is away, or was never there."""
        return self._native.is_stale

    @property
    def revision(self) -> int | None:
        """The workspace's revision it was read at."""
        return self._native.revision

    @property
    def drawn(self) -> dict[str, Any] | None:
        """What was drawn, where the alias divides the prompt's traffic."""
        return self._native.drawn

    @property
    def document(self) -> dict[str, Any]:
        """The content as it was published: kind, engine, body, variables, variants and metadata."""
        return self._native.document

    @property
    def kind(self) -> str:
        """``text``, ``chat``, ``completion`` or ``instruction``."""
        return str(self._native.document["kind"])

    @property
    def metadata(self) -> dict[str, Any]:
        """What people note about it: description, author, tags, model parameters."""
        return dict(self._native.document.get("metadata", {}))

    @property
    def variables(self) -> dict[str, dict[str, Any]]:
        """What a caller passes, by name: ``type``, ``required``, ``default``, ``description``."""
        return dict(self._native.interface["variables"])

    @property
    def secrets(self) -> list[str]:
        """The secrets that a render asks for."""
        return self._native.secrets

    def _repr_html_(self) -> str:
        from promptsync.notebook import template_html

        return template_html(self.document["body"], name=self.name, version=self.version)

    def __repr__(self) -> str:
        return f"<Prompt {self.id} from {self.source}>"

    def __await__(self) -> Generator[Any, None, Prompt]:
        return self
        yield


class PendingPrompt(Prompt):
    """A prompt on its way, inside a running event loop: ``await`` it, or use it and wait there."""

    __slots__ = ("_landing",)

    def __init__(self, flights: tuple[Waiting, ...], make: Callable[..., Prompt]) -> None:
        self._landing = Landing(flights, make)

    @property
    def flights(self) -> tuple[Waiting, ...]:
        """What it waits for."""
        return self._landing.flights

    @property
    def _native(self) -> _core.Prompt:  # type: ignore[override]
        return self._landing.value()._native

    @property
    def _render(self) -> Callable[..., Any]:  # type: ignore[override]
        return self._landing.value()._render

    def __await__(self) -> Generator[Any, None, Prompt]:
        return (yield from self._landing.in_loop())
