"""The integration with LangChain."""

from promptsync.library.integrations.langchain import LANGCHAIN_AVAILABLE, LangChainIntegration

__all__ = ["LANGCHAIN_AVAILABLE", "LangChainIntegration"]
