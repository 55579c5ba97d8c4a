"""From prompts as a test writes them to prompts as the SDK renders them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from promptsync import _core
from promptsync.settings import MEMORY_BYTES

if TYPE_CHECKING:
    from promptsync.rendered import Message

Source: TypeAlias = "str | Sequence[Message] | Mapping[str, Any]"
"""A prompt: a template, the messages of a chat, or the keys of a prompt file."""

# Reading a folder takes milliseconds; a machine that needs this many seconds for it is broken.
_PATIENCE_SECONDS = 30.0


def keys_of(source: Source) -> dict[str, Any]:
    """The keys of a prompt file.

    >>> keys_of("Dear {{ name }},")
    {'engine': 'jinja', 'content': 'Dear {{ name }},'}
    """
    if isinstance(source, str):
        return {"engine": "jinja", "content": source}
    if isinstance(source, Mapping):
        return {"engine": "jinja", **source}
    return {"engine": "jinja", "messages": list(source)}


def compiled(
    sources: Mapping[str, Source], name: str, *, tags: Mapping[str, str] | None, model: str | None
) -> _core.Prompt:
    """One of these prompts, read and checked as a prompt file is; the others are there to be included."""
    prompts = [{**keys_of(source), "name": each} for each, source in sources.items()]
    with tempfile.TemporaryDirectory(prefix="promptsync-") as folder:
        with open(os.path.join(folder, "prompts.json"), "w", encoding="utf-8") as file:
            json.dump({"prompts": prompts}, file)
        client = _core.Client(_settings(folder))
        try:
            found = client.get(name, "stable", tags, None, model, _PATIENCE_SECONDS, True)
            prompt: _core.Prompt = found if isinstance(found, _core.Prompt) else found.wait()
            return prompt
        finally:
            # What was got stays usable; the client's threads end here and not with the test.
            client.close()


def _settings(folder: str) -> dict[str, Any]:
    """A client that knows this folder and nothing else, whatever the environment says."""
    return {
        "project": "local",
        "url": None,
        "key": None,
        "folder": folder,
        "pin": None,
        "aliases": [],
        "service": None,
        "host": "localhost",
        "git_commit": None,
        "uses": {},
        "unit": None,
        "deadline_seconds": _PATIENCE_SECONDS,
        "memory_bytes": MEMORY_BYTES,
        "cache": None,
        "bundle": None,
        "poll_seconds": 300.0,
    }
