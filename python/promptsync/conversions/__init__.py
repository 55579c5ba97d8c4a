"""What the SDKs of model providers take, made of the messages that a prompt renders to.

One module for each: ``openai`` (chat completions), ``responses`` (OpenAI's Responses API), ``anthropic``, ``gemini``,
``langchain`` and ``litellm``. None imports the SDK it is for, except ``langchain``, whose messages are objects. The
methods of :class:`promptsync.rendered.Text` and :class:`promptsync.rendered.Messages` import a module when it is used.
"""

from __future__ import annotations
