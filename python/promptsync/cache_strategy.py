"""How prompts are kept."""

from __future__ import annotations

from typing import TypedDict


class CacheStrategy(TypedDict, total=False):
    """How prompts are kept.

    ``memory_ttl``: seconds after which a server without a stream is asked again, at most ``refresh_interval``.
    ``file_ttl``: accepted; what a file keeps is served as long as nothing newer is known, marked with its age.
    ``refresh_strategy``: ``background``; calls never wait for a refresh.
    ``max_cache_size``: bytes of memory, a number or a text such as ``100MB``.
    """

    memory_ttl: float
    file_ttl: float
    refresh_strategy: str
    max_cache_size: int | str
