"""The integration with LiteLLM."""

from promptsync.library.integrations.litellm import LiteLLMIntegration

__all__ = ["LiteLLMIntegration"]
