"""The part of a prompt that tells a model which JSON to answer with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from promptsync.library.schemas import FieldType

if TYPE_CHECKING:
    from promptsync.library.schemas import Schema, SchemaField

_SAMPLES = {
    FieldType.INTEGER: "0",
    FieldType.FLOAT: "0.0",
    FieldType.BOOLEAN: "true",
    FieldType.LIST: "[]",
    FieldType.DICT: "{}",
    FieldType.ENUM: "null",
    FieldType.ANY: "null",
}


def schema_text(schema: Schema) -> str:
    r"""Describe a schema to a model.

    >>> from promptsync.library.schemas import Schema
    >>> text = schema_text(Schema(name="mood", fields=[{"name": "score", "type": "float"}]))
    >>> '"score": 0.0  // required - No description' in text
    True
    """
    lines = [_line(field) for field in schema.fields]
    fields = ",\n".join(lines)
    parts = ["# Output Requirements", "Answer with valid JSON of exactly this structure:"]
    if schema.description:
        parts.append(schema.description)
    parts.append(f"Required JSON format:\n```json\n{{\n{fields}\n}}\n```")
    parts.append("Return ONLY this JSON object, with no text before or after it.")
    return "\n\n".join(parts)


def _line(field: SchemaField) -> str:
    sample = _SAMPLES.get(field.type) or json.dumps(f"your {field.name} here", ensure_ascii=False)
    need = "required" if field.required else "optional"
    # One field is one line, whatever its description is.
    description = " ".join((field.description or "").split()) or "No description"
    return f'  "{field.name}": {sample}  // {need} - {description}'
