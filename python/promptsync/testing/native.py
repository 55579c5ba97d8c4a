"""What a :class:`promptsync.Prompt` of a fake manager is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promptsync import _core

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_NOT_ALIAS = re.compile(r"[\d^~<>=*]|v\d|latest$|sha256:")


class FakeNative:
    """A compiled prompt that claims to come from a server, and tells when it is rendered."""

    def __init__(
        self,
        compiled: _core.Prompt,
        name: str,
        reference: str,
        version: str,
        rendering: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self.compiled = compiled
        self.name = name
        self.version = reference if _VERSION.fullmatch(reference) else version
        self.alias = None if _NOT_ALIAS.match(reference) else reference
        self.digest = compiled.digest
        self.source = "memory"
        self.age_seconds = 0.0
        self.is_stale = False
        self.revision = 1
        self.drawn: dict[str, Any] | None = None
        self.document = compiled.document
        self.interface = compiled.interface
        self.secrets = compiled.secrets
        self._rendering = rendering

    def render(self, variables: dict[str, Any], secrets: Mapping[str, str] | None = None) -> Any:
        """As the compiled prompt."""
        self._rendering(variables)
        return self.compiled.render(variables, secrets)
