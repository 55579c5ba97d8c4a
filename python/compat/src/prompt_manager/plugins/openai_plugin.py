"""The plugin for OpenAI."""

from promptsync.library.plugins.openai_plugin import OpenAIPlugin

__all__ = ["OpenAIPlugin"]
