"""The types that frameworks take."""

from promptsync.library.integrations.types import (
    AnthropicMessage,
    AnthropicMessageDict,
    AnthropicRequest,
    AnthropicRequestDict,
    LangChainPrompt,
    LiteLLMCompletion,
    LiteLLMMessage,
    OpenAIChatCompletion,
    OpenAIFunctionCallDict,
    OpenAIMessage,
    OpenAIMessageDict,
    OpenAIToolCallDict,
)

__all__ = [
    "AnthropicMessage",
    "AnthropicMessageDict",
    "AnthropicRequest",
    "AnthropicRequestDict",
    "LangChainPrompt",
    "LiteLLMCompletion",
    "LiteLLMMessage",
    "OpenAIChatCompletion",
    "OpenAIFunctionCallDict",
    "OpenAIMessage",
    "OpenAIMessageDict",
    "OpenAIToolCallDict",
]
