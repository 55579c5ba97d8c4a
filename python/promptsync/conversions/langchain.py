"""Messages of LangChain. They are objects, so this is the one conversion that imports what it is for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from promptsync.conversions.message import TOOL_HINT, Message, no_equal
from promptsync.errors import MissingExtraError

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage


def messages(rendered: Iterable[Message]) -> list[BaseMessage]:
    """Makes one message object of each message; ``name`` is kept."""
    try:
        from langchain_core.messages import AIMessage, FunctionMessage, HumanMessage, SystemMessage
    except ImportError as error:
        raise MissingExtraError("to_langchain()", "langchain") from error
    converted: list[BaseMessage] = []
    for index, message in enumerate(rendered):
        role, content, name = message["role"], message["content"], message.get("name")
        if role == "user":
            converted.append(HumanMessage(content, name=name))
        elif role == "assistant":
            converted.append(AIMessage(content, name=name))
        elif role == "system":
            converted.append(SystemMessage(content, name=name))
        elif role == "developer":
            # The key by which LangChain itself tells the two apart when it calls OpenAI.
            converted.append(SystemMessage(content, name=name, additional_kwargs={"__openai_role__": "developer"}))
        elif role == "function" and name is not None:
            converted.append(FunctionMessage(content=content, name=name))
        else:
            hint = "give the message the function's name" if role == "function" else TOOL_HINT
            raise no_equal(index, role, "LangChain", hint)
    return converted
