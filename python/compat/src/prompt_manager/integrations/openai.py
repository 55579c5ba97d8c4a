"""The integration with OpenAI."""

from promptsync.library.integrations.openai import OpenAIIntegration

__all__ = ["OpenAIIntegration"]
