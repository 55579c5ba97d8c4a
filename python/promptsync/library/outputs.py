"""What a model answered, against the schema that it was asked to follow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from promptsync.library.exceptions import PromptNotFoundError, SchemaValidationError

if TYPE_CHECKING:
    from promptsync._awaitable import Record
    from promptsync.library.registry import PromptRegistry
    from promptsync.library.schema_loader import SchemaLoader


def checked_output(
    registry: PromptRegistry, loader: SchemaLoader, name: str, data: Mapping[str, Any] | str, version: str | None
) -> Record[Any]:
    """Check data, or JSON, against the output schema of the prompt of this name, else the schema of this name."""
    values: Mapping[str, Any] = json.loads(data) if isinstance(data, str) else data
    has_prompt = bool(registry.exists(name, version))
    schema = registry.get(name, version).output_schema if has_prompt else None
    if schema is not None:
        if loader.get_schema(schema) is None:
            raise SchemaValidationError(f"Output schema '{schema}' of prompt '{name}' is not loaded", schema=schema)
        return loader.validate_data(schema, values)
    if version is None and loader.get_schema(name) is not None:
        return loader.validate_data(name, values)
    if has_prompt:
        raise ValueError(f"Prompt '{name}' has no output_schema to validate against")
    raise PromptNotFoundError(name, version)
