"""The shapes that integrations give, for annotations."""

from __future__ import annotations

from typing import Any, TypeAlias, TypedDict


class OpenAIFunctionCallDict(TypedDict):
    """Which function the model called; the arguments are JSON in a text."""

    name: str
    arguments: str


class OpenAIToolCallDict(TypedDict):
    """A call of a tool by the model."""

    id: str
    type: str
    function: OpenAIFunctionCallDict


class OpenAIMessageDict(TypedDict, total=False):
    """A message of OpenAI's chat completions."""

    role: str
    content: str | list[dict[str, Any]]
    name: str
    function_call: dict[str, Any]
    tool_calls: list[dict[str, Any]]
    tool_call_id: str


class AnthropicMessageDict(TypedDict, total=False):
    """A message of Anthropic's Messages API."""

    role: str
    content: str | list[dict[str, Any]]


class AnthropicRequestDict(TypedDict, total=False):
    """The body of a request to Anthropic's Messages API."""

    model: str
    messages: list[AnthropicMessageDict]
    max_tokens: int
    system: str
    temperature: float
    top_p: float
    top_k: int
    metadata: dict[str, Any]
    stop_sequences: list[str]
    stream: bool


OpenAIMessage: TypeAlias = dict[str, Any]
"""A message for OpenAI."""

OpenAIChatCompletion: TypeAlias = list[dict[str, Any]]
"""The messages for OpenAI."""

AnthropicMessage: TypeAlias = dict[str, Any]
"""A message for Anthropic."""

AnthropicRequest: TypeAlias = dict[str, Any]
"""Messages and system text for Anthropic."""

LangChainPrompt: TypeAlias = Any
"""A prompt template of LangChain, which need not be installed."""

LiteLLMMessage: TypeAlias = dict[str, Any]
"""A message for LiteLLM, which is one for OpenAI."""

LiteLLMCompletion: TypeAlias = list[dict[str, Any]]
"""The messages for LiteLLM."""
