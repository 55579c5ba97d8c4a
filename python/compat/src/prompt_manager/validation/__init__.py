"""Schemas and checks of values."""

from promptsync.library.schema_loader import SchemaLoader
from promptsync.library.schemas import (
    FieldType,
    FieldValidator,
    Schema,
    SchemaField,
    ValidationSchema,
    ValidationType,
)
from promptsync.library.validators import (
    CustomValidator,
    EnumValidator,
    LengthValidator,
    RangeValidator,
    RegexValidator,
)

__all__ = [
    "CustomValidator",
    "EnumValidator",
    "FieldType",
    "FieldValidator",
    "LengthValidator",
    "RangeValidator",
    "RegexValidator",
    "Schema",
    "SchemaField",
    "SchemaLoader",
    "ValidationSchema",
    "ValidationType",
]
