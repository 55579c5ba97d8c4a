"""Prompts in the form that the SDKs of providers and frameworks take.

Importing the package imports no SDK, and each class only when it is used.

>>> from promptsync.library import integrations
>>> integrations.OpenAIIntegration.framework
'openai'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promptsync.library.integrations.anthropic import AnthropicIntegration
    from promptsync.library.integrations.base import BaseIntegration
    from promptsync.library.integrations.langchain import LangChainIntegration
    from promptsync.library.integrations.litellm import LiteLLMIntegration
    from promptsync.library.integrations.openai import OpenAIIntegration

__all__ = [
    "AnthropicIntegration",
    "BaseIntegration",
    "LangChainIntegration",
    "LiteLLMIntegration",
    "OpenAIIntegration",
]

_HOMES = {
    "AnthropicIntegration": "anthropic",
    "BaseIntegration": "base",
    "LangChainIntegration": "langchain",
    "LiteLLMIntegration": "litellm",
    "OpenAIIntegration": "openai",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
