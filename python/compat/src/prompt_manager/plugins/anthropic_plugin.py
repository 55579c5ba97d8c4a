"""The plugin for Anthropic."""

from promptsync.library.plugins.anthropic_plugin import AnthropicPlugin

__all__ = ["AnthropicPlugin"]
