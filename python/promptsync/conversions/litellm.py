"""Messages for LiteLLM, which takes OpenAI's and converts them for each provider itself."""

from __future__ import annotations

from promptsync.conversions.openai import OpenAIMessage as LiteLLMMessage
from promptsync.conversions.openai import messages

__all__ = ["LiteLLMMessage", "messages"]
