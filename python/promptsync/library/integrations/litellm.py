"""Prompts for LiteLLM."""

from __future__ import annotations

from typing import ClassVar

from promptsync.library.integrations.openai import OpenAIIntegration


class LiteLLMIntegration(OpenAIIntegration):
    """Gives what :class:`OpenAIIntegration` gives: LiteLLM takes OpenAI's form for every provider."""

    framework: ClassVar[str] = "litellm"
