"""The plugin for LangChain."""

from promptsync.library.plugins.langchain_plugin import LangChainPlugin

__all__ = ["LangChainPlugin"]
