"""Integrations with frameworks, each imported when it is first used: see :mod:`promptsync.library.integrations`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prompt_manager.integrations.anthropic import AnthropicIntegration
    from prompt_manager.integrations.base import BaseIntegration
    from prompt_manager.integrations.langchain import LangChainIntegration
    from prompt_manager.integrations.litellm import LiteLLMIntegration
    from prompt_manager.integrations.openai import OpenAIIntegration

__all__ = [
    "AnthropicIntegration",
    "BaseIntegration",
    "LangChainIntegration",
    "LiteLLMIntegration",
    "OpenAIIntegration",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{name.removesuffix('Integration').lower()}")
    return getattr(module, name)


def __dir__() -> list[str]:
    return __all__
