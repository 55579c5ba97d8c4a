"""Schemas, see :mod:`promptsync.library.schemas`."""

from promptsync.library.schemas import (
    FieldType,
    FieldValidator,
    Schema,
    SchemaField,
    SchemaRegistry,
    ValidationSchema,
    ValidationType,
)

__all__ = [
    "FieldType",
    "FieldValidator",
    "Schema",
    "SchemaField",
    "SchemaRegistry",
    "ValidationSchema",
    "ValidationType",
]
