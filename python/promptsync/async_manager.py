"""The same with ``async`` in its types, for those who want to see where they wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from promptsync.manager import PromptManager

if TYPE_CHECKING:
    from promptsync.changes import Change
    from promptsync.diff import PromptDiff
    from promptsync.prompt import Prompt


class AsyncPromptManager:
    """A :class:`PromptManager` whose methods are coroutines. It takes the same arguments."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        self.manager = PromptManager(*arguments, **settings)

    async def get(self, prompt: str, **options: Any) -> Prompt:
        """As :meth:`PromptManager.get`."""
        return await self.manager.get(prompt, **options)

    async def get_prompt(
        self,
        prompt_id: str,
        version_or_alias: str | None = None,
        fallback_to_local: bool = True,
        tags: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Prompt:
        """As :meth:`PromptManager.get_prompt`."""
        return await self.manager.get_prompt(prompt_id, version_or_alias, fallback_to_local, tags, **options)

    async def diff(self, prompt_id: str, old: str, new: str) -> PromptDiff:
        """As :meth:`PromptManager.diff`."""
        return await self.manager.diff(prompt_id, old, new)

    async def list_prompts(self) -> list[str]:
        """As :meth:`PromptManager.list_prompts`."""
        return self.manager.list_prompts()

    async def preload(self) -> int:
        """As :meth:`PromptManager.preload`."""
        return await self.manager.preload()

    async def wait_ready(self, timeout: float = 10) -> None:
        """As :meth:`PromptManager.wait_ready`."""
        await self.manager.wait_ready(timeout)

    def on_change(self, callback: Callable[[Change], object]) -> None:
        """As :meth:`PromptManager.on_change`."""
        self.manager.on_change(callback)

    async def create_tracking_metadata(
        self, prompt_id: str, context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """As :meth:`PromptManager.create_tracking_metadata`."""
        return self.manager.create_tracking_metadata(prompt_id, context)

    async def report_metrics(
        self, prompt_id: str, metrics: Mapping[str, Any], context: Mapping[str, Any] | None = None
    ) -> None:
        """As :meth:`PromptManager.report_metrics`."""
        self.manager.report_metrics(prompt_id, metrics, context)

    async def close(self) -> None:
        """As :meth:`PromptManager.close`."""
        await self.manager.close()

    async def __aenter__(self) -> AsyncPromptManager:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
