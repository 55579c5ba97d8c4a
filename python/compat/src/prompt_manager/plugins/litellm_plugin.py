"""The plugin for LiteLLM."""

from promptsync.library.plugins.litellm_plugin import LiteLLMPlugin

__all__ = ["LiteLLMPlugin"]
