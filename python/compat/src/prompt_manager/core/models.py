"""Prompts and what they are made of."""

from promptsync.library.models import (
    ChatPromptTemplate,
    Message,
    PromptExecution,
    PromptFormat,
    PromptMetadata,
    PromptStatus,
    PromptTemplate,
    Role,
)
from promptsync.library.prompts import Prompt, PromptSchema, PromptVersion

__all__ = [
    "ChatPromptTemplate",
    "Message",
    "Prompt",
    "PromptExecution",
    "PromptFormat",
    "PromptMetadata",
    "PromptSchema",
    "PromptStatus",
    "PromptTemplate",
    "PromptVersion",
    "Role",
]
