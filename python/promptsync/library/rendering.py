"""From a prompt and values to a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from promptsync.library.exceptions import PromptError
from promptsync.library.schema_text import schema_text
from promptsync.library.templates import TemplateEngine

if TYPE_CHECKING:
    from promptsync.library.prompts import Prompt
    from promptsync.library.protocols import TemplateEngineProtocol
    from promptsync.library.schema_loader import SchemaLoader
    from promptsync.library.schemas import Schema


def checked_variables(prompt: Prompt, variables: Mapping[str, Any], loader: SchemaLoader | None) -> Mapping[str, Any]:
    """Give the variables as the input schema of the prompt wants them: converted, and with defaults.

    ``ValueError`` when the schema is not loaded, ``SchemaValidationError`` when the variables do not meet it.
    """
    if prompt.input_schema is None:
        return variables
    if loader is None:
        raise ValueError(f"Schema '{prompt.input_schema}' not found")
    return loader.validate_data(prompt.input_schema, dict(variables))


def output_schema(prompt: Prompt, loader: SchemaLoader) -> Schema | None:
    """Give the schema that the answer has to have, if any; ``PromptError`` when it is not loaded."""
    if prompt.output_schema is None:
        return None
    schema = loader.get_schema(prompt.output_schema)
    if schema is None:
        raise PromptError(
            f"Output schema '{prompt.output_schema}' of prompt '{prompt.id}' is not loaded; "
            "load it with load_schemas() or register_schema() before rendering"
        )
    return schema


def rendered_text(prompt: Prompt, variables: Mapping[str, Any], engine: TemplateEngineProtocol | None = None) -> str:
    """Render the template of a prompt; the messages of a chat become ``role: content``, with empty lines between."""
    engine = engine or TemplateEngine()
    if prompt.chat_template is not None:
        messages = prompt.chat_template.messages
        return "\n\n".join(f"{message.role}: {engine.render(message.content, variables)}" for message in messages)
    if prompt.template is None:
        raise PromptError(f"{prompt.format.name} format requires template", prompt_id=prompt.id)
    return str(engine.render(prompt.template.content, variables, partials=prompt.template.partials))


def with_schema(text: str, schema: Schema) -> str:
    """Give the text with the form of the answer after an empty line."""
    return f"{text}\n\n{schema_text(schema)}"
