"""Calls as users write them, for the type checkers: what a conversion gives is what the SDK's signature takes.

Nothing here runs; `mypy --strict` and `pyright` read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import anthropic
    import openai
    from google import genai
    from langchain_core.language_models import BaseChatModel

    from promptsync.rendered import Messages, Text


def calls(
    openai_client: openai.OpenAI,
    anthropic_client: anthropic.Anthropic,
    genai_client: genai.Client,
    model: BaseChatModel,
    rendered: Messages | Text,
) -> None:
    """One call of each SDK."""
    openai_client.chat.completions.create(model="model", messages=rendered.to_openai())
    openai_client.responses.create(model="model", **rendered.to_responses())
    anthropic_client.messages.create(model="model", max_tokens=9, **rendered.to_anthropic())
    genai_client.models.generate_content(model="model", **rendered.to_gemini())
    model.invoke(rendered.to_langchain())


async def awaited(text: Text, messages: Messages) -> tuple[Text, Messages]:
    """Awaiting a value keeps its type."""
    return await text, await messages
