"""The integration with Anthropic."""

from promptsync.library.integrations.anthropic import AnthropicIntegration

__all__ = ["AnthropicIntegration"]
