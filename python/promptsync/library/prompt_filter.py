"""Which prompts a list shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promptsync.library.prompts import Prompt
from promptsync.library.version_numbers import parse_version


def matches(
    prompt: Prompt,
    *,
    tags: Sequence[str] | None = None,
    status: str | None = None,
    category: str | None = None,
    format: str | None = None,
) -> bool:
    """Tell whether a prompt has all of these; what is ``None`` does not matter.

    >>> prompt = Prompt(id="a", format="text", template={"content": "A"}, metadata={"tags": ["x", "y"]})
    >>> matches(prompt, tags=["X"]), matches(prompt, tags=["x", "z"])
    (True, False)
    """
    if status is not None and prompt.status != status:
        return False
    if category is not None and prompt.metadata.category != category:
        return False
    if format is not None and prompt.format != format:
        return False
    # The tags of a prompt were normalised when it was made; those that are asked for are now.
    wanted = {tag.strip().lower() for tag in tags or ()}
    return wanted <= set(prompt.metadata.tags)


def latest(prompts: Iterable[Prompt]) -> Prompt:
    """Give the prompt with the highest version."""
    several = list(prompts)
    if len(several) == 1:
        return several[0]
    return max(several, key=lambda prompt: parse_version(prompt.version))
