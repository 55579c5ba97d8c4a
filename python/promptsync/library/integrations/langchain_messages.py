"""Messages of a chat as message templates of LangChain. Importing this imports LangChain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, FunctionMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompts import (
    AIMessagePromptTemplate,
    ChatPromptTemplate,
    HumanMessagePromptTemplate,
    PromptTemplate,
    SystemMessagePromptTemplate,
)
from langchain_core.prompts.chat import BaseStringMessagePromptTemplate
from pydantic import Field

from promptsync.library.models import Message, Role

if TYPE_CHECKING:
    # Older versions have it in another module.
    from langchain_core.prompts.message import BaseMessagePromptTemplate

_PLAIN: dict[
    Role, type[SystemMessagePromptTemplate] | type[HumanMessagePromptTemplate] | type[AIMessagePromptTemplate]
] = {
    Role.SYSTEM: SystemMessagePromptTemplate,
    Role.USER: HumanMessagePromptTemplate,
    Role.ASSISTANT: AIMessagePromptTemplate,
}
_CLASSES: dict[Role, type[BaseMessage]] = {
    Role.SYSTEM: SystemMessage,
    Role.USER: HumanMessage,
    Role.ASSISTANT: AIMessage,
    Role.FUNCTION: FunctionMessage,
    Role.TOOL: ToolMessage,
}


class MessageTemplate(BaseStringMessagePromptTemplate):
    """A message template for what LangChain's own have no place for: names, calls, and the answers of tools."""

    message_class: type[BaseMessage]
    fields: dict[str, Any] = Field(default_factory=dict)

    def format(self, **kwargs: Any) -> BaseMessage:
        """Give the message with these variables."""
        content = self.prompt.format(**kwargs)
        additional = deepcopy(self.additional_kwargs)
        return self.message_class(content=content, additional_kwargs=additional, **self.fields)


def chat_template(messages: Sequence[Message], contents: Iterable[str]) -> ChatPromptTemplate:
    """Give the chat with these format strings as contents.

    A message of a tool answers the calls of the assistant before it, in their order. What LangChain demands and the
    prompt does not say, the id of a call or the name of a function, is empty.
    """
    templates: list[BaseMessagePromptTemplate] = []
    unanswered: list[str] = []
    for message, content in zip(messages, contents, strict=True):
        prompt = PromptTemplate.from_template(content)
        fields: dict[str, Any] = {"name": message.name} if message.name is not None else {}
        additional: dict[str, Any] = {}
        if message.tool_calls is not None:
            additional["tool_calls"] = deepcopy(message.tool_calls)
            unanswered = [str(call.get("id", "")) for call in message.tool_calls]
        if message.function_call is not None:
            additional["function_call"] = deepcopy(message.function_call)
        if message.role is Role.TOOL:
            fields["tool_call_id"] = unanswered.pop(0) if unanswered else ""
        if message.role is Role.FUNCTION:
            fields.setdefault("name", "")
        if fields or additional:
            kind = _CLASSES[message.role]
            template = MessageTemplate(prompt=prompt, additional_kwargs=additional, message_class=kind, fields=fields)
            templates.append(template)
        else:
            templates.append(_PLAIN[message.role](prompt=prompt))
    return ChatPromptTemplate.from_messages(templates)
