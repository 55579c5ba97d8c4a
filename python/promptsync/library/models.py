"""What prompts are made of: messages, templates, metadata, and the records of versions and renders.

Whatever breaks a rule raises ``pydantic.ValidationError``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, ClassVar
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from promptsync._awaitable import AwaitableValue
from promptsync.library.times import utc_now


class Word(str, Enum):
    """An enumeration of words; a member prints as its word."""

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, format_spec: str) -> str:
        return format(str(self.value), format_spec)


class PromptFormat(Word):
    """The form of a prompt.

    >>> f"{PromptFormat.CHAT}"
    'chat'
    """

    TEXT = "text"
    CHAT = "chat"
    COMPLETION = "completion"
    INSTRUCTION = "instruction"


class PromptStatus(Word):
    """Where a prompt is in its life."""

    DRAFT = "draft"
    ACTIVE = "active"
    DEPRECATED = "deprecated"
    ARCHIVED = "archived"


class Role(Word):
    """Who speaks in a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    FUNCTION = "function"
    TOOL = "tool"


def _not_blank_message(content: str) -> str:
    if not content.strip():
        raise ValueError("Message content cannot be empty")
    return content


def _not_blank_template(content: str) -> str:
    if not content.strip():
        raise ValueError("Template content cannot be empty")
    return content


def _identifier(name: str) -> str:
    if not name.isidentifier():
        raise ValueError(f"A variable name must be a valid Python identifier, which {name!r} is not")
    return name


def _normal_tags(tags: list[str]) -> list[str]:
    return [tag.strip().lower() for tag in tags if tag.strip()]


class AwaitableModel(AwaitableValue, BaseModel):
    """A model whose objects can be awaited, see :mod:`promptsync._awaitable`."""

    # What can be awaited has to be hashable, and models with lists in them are not by value.
    def __hash__(self) -> int:
        return id(self)


class Message(BaseModel):
    """One message of a chat.

    >>> Message(role="user", content="Hello").role.value
    'user'
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    role: Role
    content: Annotated[str, AfterValidator(_not_blank_message)]
    name: str | None = None
    function_call: dict[str, Any] | None = None
    tool_calls: list[dict[str, Any]] | None = None


class PromptMetadata(BaseModel):
    """What is known about a prompt; fields of your own are kept.

    >>> PromptMetadata(tags=[" Sales ", ""]).tags
    ['sales']
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", protected_namespaces=())

    author: str | None = None
    description: str | None = None
    tags: Annotated[list[str], AfterValidator(_normal_tags)] = Field(default_factory=list)
    category: str | None = None
    use_cases: list[str] = Field(default_factory=list)
    model_recommendations: list[str] = Field(default_factory=list)
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    max_tokens: int | None = Field(default=None, gt=0)
    custom: dict[str, Any] = Field(default_factory=dict)


class PromptTemplate(BaseModel):
    """The text of a prompt that is not a chat; ``content`` can be assigned.

    >>> PromptTemplate(content="Hi {{name}}", variables=["name"]).variables
    ['name']
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", validate_assignment=True)

    content: Annotated[str, AfterValidator(_not_blank_template)]
    variables: list[Annotated[str, AfterValidator(_identifier)]] = Field(default_factory=list)
    partials: dict[str, str] = Field(default_factory=dict)
    helpers: dict[str, str] = Field(default_factory=dict)


def _not_empty_chat(messages: list[Message]) -> list[Message]:
    if not messages:
        raise ValueError("A chat must have at least one message")
    return messages


class ChatPromptTemplate(BaseModel):
    """The messages of a chat."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    messages: Annotated[list[Message], AfterValidator(_not_empty_chat)]
    variables: list[str] = Field(default_factory=list)


class PromptExecution(BaseModel):
    """The record of one render, as observers get it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")

    execution_id: UUID = Field(default_factory=uuid4)
    prompt_id: str
    prompt_version: str
    timestamp: datetime = Field(default_factory=utc_now)
    variables: dict[str, Any] = Field(default_factory=dict)
    rendered_content: str
    success: bool
    duration_ms: float | None = None
    error: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


def repeated(names: Sequence[str]) -> list[str]:
    """Give the names that occur more than once, in order.

    >>> repeated(["a", "b", "a"])
    ['a']
    """
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for name in names:
        if name in seen:
            twice[name] = None
        seen.add(name)
    return list(twice)
