"""What a render gives: a :class:`Text` or :class:`Messages`.

Both are the plain values they look like, a ``str`` and a ``list`` of dicts, and can be passed to anything that takes
those. Both can also be awaited, which gives the value itself at once, so ``await prompt.render(...)`` and
``prompt.render(...)`` are the same. The methods ``to_...`` give what the SDK of a provider takes.

>>> from promptsync.rendered import Messages, Text
>>> Text("Hello").to_openai()
[{'role': 'user', 'content': 'Hello'}]
>>> Messages([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]).to_anthropic()
{'system': 'Be brief.', 'messages': [{'role': 'user', 'content': 'Hello'}]}
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from promptsync._awaitable import AwaitableValue
from promptsync.conversions.message import Message, Role

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from promptsync.conversions.anthropic import AnthropicRequest
    from promptsync.conversions.gemini import GeminiRequest
    from promptsync.conversions.litellm import LiteLLMMessage
    from promptsync.conversions.openai import OpenAIMessage
    from promptsync.conversions.responses import ResponsesRequest

__all__ = ["Message", "Messages", "Rendered", "Role", "Text"]


class Rendered(AwaitableValue):
    """What :class:`Text` and :class:`Messages` have in common.

    Awaiting one gives the value itself, without a turn of the loop.

    >>> import asyncio
    >>> async def greet(): return await Text("Hello")
    >>> asyncio.run(greet())
    'Hello'
    """

    __slots__ = ()

    def _messages(self) -> Iterable[Message]:
        raise NotImplementedError

    def to_openai(self) -> list[OpenAIMessage]:
        """The messages for ``client.chat.completions.create(messages=...)``; a text becomes one user message."""
        from promptsync.conversions.openai import messages

        return messages(self._messages())

    def to_responses(self) -> ResponsesRequest:
        """The arguments for ``client.responses.create(**...)``: ``input``, and ``instructions`` if there are any."""
        from promptsync.conversions.responses import request

        return request(self._messages())

    def to_anthropic(self) -> AnthropicRequest:
        """The arguments for ``client.messages.create(**...)``: ``messages``, and ``system`` if there is any."""
        from promptsync.conversions.anthropic import request

        return request(self._messages())

    def to_gemini(self) -> GeminiRequest:
        """The arguments for ``client.models.generate_content(**...)``: ``contents`` and ``config``."""
        from promptsync.conversions.gemini import request

        return request(self._messages())

    def to_langchain(self) -> list[BaseMessage]:
        """Messages of LangChain, for ``model.invoke(...)``; needs ``langchain-core``."""
        from promptsync.conversions.langchain import messages

        return messages(self._messages())

    def to_litellm(self) -> list[LiteLLMMessage]:
        """The messages for ``litellm.completion(messages=...)``."""
        from promptsync.conversions.litellm import messages

        return messages(self._messages())

    def _repr_html_(self) -> str:
        from promptsync.notebook import prompt_html

        return prompt_html(self._messages())

    def _repr_markdown_(self) -> str:
        from promptsync.notebook import prompt_markdown

        return prompt_markdown(self._messages())


class Text(Rendered, str):
    """A rendered text: a ``str``.

    It has neither fields nor ``__init__``, because one is made by every render.

    >>> Text("Hello").upper(), isinstance(Text("Hello"), str)
    ('HELLO', True)
    """

    __slots__ = ()

    def _messages(self) -> list[Message]:
        # An exact `str`: an SDK that looks for awaitables in what it is given finds none.
        return [{"role": "user", "content": str(self)}]

    def _repr_html_(self) -> str:
        from promptsync.notebook import prompt_html

        return prompt_html(str(self))

    def _repr_markdown_(self) -> str:
        from promptsync.notebook import prompt_markdown

        return prompt_markdown(str(self))


class Messages(Rendered, list[Message]):
    """A rendered chat: a ``list`` of dicts with ``role``, ``content`` and, if it was given, ``name``.

    >>> Messages([{"role": "user", "content": "Hello"}])[0]["content"]
    'Hello'
    """

    __slots__ = ()

    # `asyncio.gather` keeps what it waits for in a dict. Lists are compared by content and have no hash; identity is
    # the one hash that stays while a list changes.
    __hash__ = object.__hash__  # type: ignore[assignment]

    def _messages(self) -> Messages:
        return self
