"""Schemas: which fields the variables of a prompt, or the answer of a model, have.

>>> age = SchemaField(name="age", type="integer", required=False, nullable=True)
>>> Schema(name="person", fields=[age]).get_optional_fields()[0].name
'age'
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Self

from promptsync.library.models import AwaitableModel, Word, repeated
from promptsync.library.prompts import VersionNumber


class FieldType(Word):
    """The type of a field."""

    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    LIST = "list"
    DICT = "dict"
    ENUM = "enum"
    ANY = "any"


class ValidationType(Word):
    """The kind of a rule that a value has to meet."""

    MIN_LENGTH = "min_length"
    MAX_LENGTH = "max_length"
    MIN_VALUE = "min_value"
    MAX_VALUE = "max_value"
    RANGE = "range"
    REGEX = "regex"
    ENUM = "enum"
    CUSTOM = "custom"
    EMAIL = "email"
    URL = "url"
    UUID = "uuid"
    DATE = "date"
    DATETIME = "datetime"


# What a rule cannot do without.
_NEEDED: dict[ValidationType, tuple[str, ...]] = {
    ValidationType.RANGE: ("min_value", "max_value"),
    ValidationType.REGEX: ("pattern",),
    ValidationType.ENUM: ("allowed_values",),
    ValidationType.CUSTOM: ("custom_function",),
}


class FieldValidator(BaseModel):
    """A rule that the value of a field has to meet.

    ``min_length``, ``max_length``, ``min_value`` and ``max_value`` take their bound from ``value`` when it is not given
    as ``min_value`` or ``max_value``. ``custom_function`` is a function, or the name under which one was registered
    with the schema loader; a name is never imported.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    type: ValidationType
    value: Any = None
    error_message: str | None = None
    min_value: int | float | None = None
    max_value: int | float | None = None
    pattern: str | None = None
    allowed_values: list[Any] | None = None
    custom_function: str | Callable[[Any], bool] | None = None

    @model_validator(mode="after")
    def _check_parameters(self) -> Self:
        missing = [name for name in _NEEDED.get(self.type, ()) if getattr(self, name) is None]
        if missing:
            raise ValueError(f"A validator of type {self.type} requires {' and '.join(map(repr, missing))}")
        return self


def _field_name(name: str) -> str:
    if not _plain(name):
        raise ValueError("Field name must be letters and digits, with underscores and hyphens")
    return name


def _schema_name(name: str) -> str:
    if not _plain(name):
        raise ValueError("Schema name must be letters and digits, with underscores and hyphens")
    return name


def _plain(name: str) -> bool:
    return name.replace("_", "").replace("-", "").isalnum()


class SchemaField(BaseModel):
    """One field of a schema."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(_field_name)] = Field(min_length=1)
    type: FieldType
    required: bool = True
    default: Any = None
    description: str | None = None
    nested_schema: str | None = None
    item_type: FieldType | None = None
    item_schema: str | None = None
    validators: list[FieldValidator] = Field(default_factory=list[FieldValidator])
    nullable: bool = False
    read_only: bool = False
    write_only: bool = False

    @model_validator(mode="after")
    def _check_items(self) -> Self:
        if self.type is FieldType.LIST and self.item_type is None and self.item_schema is None:
            raise ValueError("A list requires 'item_type' or 'item_schema'")
        return self

    @model_validator(mode="after")
    def _check_absence(self) -> Self:
        if not self.required and self.default is None and not self.nullable:
            raise ValueError(f"Field '{self.name}' is not required, so it needs a default value or nullable=True")
        return self


def _unique_fields(fields: list[SchemaField]) -> list[SchemaField]:
    twice = repeated([field.name for field in fields])
    if twice:
        raise ValueError(f"Field names must be unique within a schema; twice: {', '.join(twice)}")
    return fields


class Schema(AwaitableModel):
    """A named set of fields; with ``strict`` there may be no others."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(_schema_name)] = Field(min_length=1)
    version: VersionNumber = "1.0.0"
    description: str | None = None
    fields: Annotated[list[SchemaField], AfterValidator(_unique_fields)] = Field(min_length=1)
    strict: bool = True
    allow_extra: bool = False
    metadata: dict[str, Any] = Field(default_factory=dict)
    extends: str | None = None

    @model_validator(mode="after")
    def _check_extra(self) -> Self:
        if self.strict and self.allow_extra:
            raise ValueError("A schema cannot be 'strict' and 'allow_extra' at once")
        return self

    def get_field(self, name: str) -> SchemaField | None:
        """Give the field of this name, if there is one."""
        return next((field for field in self.fields if field.name == name), None)

    def get_required_fields(self) -> list[SchemaField]:
        """Give the fields that have to be there."""
        return [field for field in self.fields if field.required]

    def get_optional_fields(self) -> list[SchemaField]:
        """Give the fields that may be absent."""
        return [field for field in self.fields if not field.required]


ValidationSchema = Schema


def completed(content: Any) -> Any:
    """Give the content of a file of schemas, or of one schema, with what may be left out there.

    A field that is neither required nor has a default may be null. In a file that goes without saying; code says it.

    >>> completed({"fields": [{"name": "age", "required": False}]})
    {'fields': [{'name': 'age', 'required': False, 'nullable': True}]}
    """
    if isinstance(content, list):
        return [completed(item) for item in cast("Sequence[Any]", content)]
    if not isinstance(content, dict):
        return content
    mapping: dict[str, Any] = {**content}
    for key in ("schemas", "fields"):
        if key in mapping:
            mapping[key] = completed(mapping[key])
    if mapping.get("required") is False and mapping.get("default") is None:
        mapping.setdefault("nullable", True)
    return mapping


def _unique_schemas(schemas: list[Schema]) -> list[Schema]:
    twice = repeated([schema.name for schema in schemas])
    if twice:
        raise ValueError(f"Schema names must be unique within a registry; twice: {', '.join(twice)}")
    return schemas


class SchemaRegistry(AwaitableModel):
    """The schemas of a file."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    version: VersionNumber = "1.0.0"
    schemas: Annotated[list[Schema], AfterValidator(_unique_schemas)] = Field(default_factory=list[Schema])
    metadata: dict[str, Any] = Field(default_factory=dict)

    def get_schema(self, name: str) -> Schema | None:
        """Give the schema of this name, if there is one."""
        return next((schema for schema in self.schemas if schema.name == name), None)

    def add_schema(self, schema: Schema) -> None:
        """Add a schema; ``ValueError`` when there is one of its name."""
        if self.get_schema(schema.name) is not None:
            raise ValueError(f"Schema '{schema.name}' already exists in this registry")
        self.schemas.append(schema)

    def remove_schema(self, name: str) -> bool:
        """Remove the schema of this name; false when there is none."""
        kept = [schema for schema in self.schemas if schema.name != name]
        removed = len(kept) < len(self.schemas)
        self.schemas = kept
        return removed
