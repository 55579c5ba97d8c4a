"""Which prompts were served, for metrics and for records beside a model's answers."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from promptsync._typing import TYPE_CHECKING, Any
from promptsync.errors import ValidationError

if TYPE_CHECKING:
    from promptsync.prompt import Prompt

#: Prompts that are remembered.
MOST = 1024


class Served:
    """The prompts that were got lately, by id and by name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_id: dict[str, dict[str, Any]] = {}
        self._by_name: dict[str, str] = {}

    def add(self, prompt: Prompt) -> None:
        """Remembers one more."""
        native = prompt._native
        name = native.name
        prompt_id = f"{name}@{native.version or native.digest}"
        facts = {
            "prompt_id": prompt_id,
            "prompt_name": name,
            "prompt_version": native.version,
            "prompt_alias": native.alias,
            "prompt_digest": native.digest,
            "prompt_revision": native.revision,
            "prompt_source": native.source,
        }
        with self._lock:
            _put_last(self._by_id, prompt_id, facts)
            _put_last(self._by_name, name, prompt_id)

    def facts(self, prompt_id: str) -> dict[str, Any]:
        """What is known of a prompt that was got: by its id, or by its name alone."""
        with self._lock:
            known = self._by_id.get(self._by_name.get(prompt_id, prompt_id))
        if known is not None:
            return dict(known)
        name, _, version = prompt_id.partition("@")
        if not name:
            raise ValidationError("`prompt_id` is empty", code="invalid", path="prompt_id", hint="pass Prompt.id")
        return {"prompt_id": prompt_id, "prompt_name": name, "prompt_version": version or None}

    def metadata(self, prompt_id: str, context: Mapping[str, Any] | None) -> dict[str, Any]:
        """The record of one use."""
        import datetime
        import uuid

        return {
            **self.facts(prompt_id),
            "tracking_id": str(uuid.uuid4()),
            "timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat(),
            "context": dict(context or {}),
        }

    def fact(
        self, prompt_id: str, metrics: Mapping[str, Any], context: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """What is handed in of one use."""
        import datetime

        if not metrics:
            raise ValidationError("`metrics` are empty", code="invalid", path="metrics")
        known = self.facts(prompt_id)
        return {
            "prompt": known["prompt_name"],
            "version": known["prompt_version"],
            "alias": known.get("prompt_alias"),
            "at": datetime.datetime.now(datetime.timezone.utc).isoformat(),
            "metrics": dict(metrics),
            "context": dict(context or {}),
        }


def _put_last(known: dict[str, Any], key: str, value: Any) -> None:
    """Puts it last; what was put longest ago goes when there are too many."""
    known.pop(key, None)
    known[key] = value
    if len(known) > MOST:
        del known[next(iter(known))]
