"""A pydantic model for a schema, and its verdict in words that quote no value."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any, Optional

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import PydanticCustomError

from promptsync.library.field_rules import CustomFunctions, NestedCheck, annotation_of
from promptsync.library.schemas import Schema, SchemaField


def model_of(
    schema: Schema,
    fields: Iterable[SchemaField],
    *,
    model_name: str | None,
    nested: NestedCheck,
    functions: CustomFunctions,
) -> type[BaseModel]:
    """Make the model; ``ValueError`` when a rule cannot be used."""
    definitions: dict[str, Any] = {}
    for position, field in enumerate(fields):
        name = field.name if _usable(field.name) else f"field_{position}"
        definitions[name] = _definition(field, nested, functions)
    config = ConfigDict(
        extra="forbid" if schema.strict else "allow", populate_by_name=False, protected_namespaces=(), title=schema.name
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return create_model(model_name or schema.name, __config__=config, **definitions)


def problems_of(error: ValidationError) -> list[str]:
    """Say what is wrong and where, without the values.

    >>> class Model(BaseModel):
    ...     age: int
    >>> try:
    ...     Model(age="secret")
    ... except ValidationError as error:
    ...     print(problems_of(error)[0])
    age: Input should be a valid integer, unable to parse string as an integer
    """
    problems: list[str] = []
    for item in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in item["loc"])
        inner: list[str] | None = item.get("ctx", {}).get("problems")
        if inner is not None:
            problems.extend(f"{place}.{problem}" for problem in inner)
        else:
            problems.append(f"{place}: {item['msg']}" if place else item["msg"])
    return problems


def nested_problem(schema_name: str, problems: list[str]) -> PydanticCustomError:
    """Give the error of a value whose nested schema is not met, to be raised inside the check of the outer one."""
    return PydanticCustomError(
        "nested_schema", "does not meet schema '{schema}'", {"schema": schema_name, "problems": problems}
    )


def _definition(field: SchemaField, nested: NestedCheck, functions: CustomFunctions) -> tuple[Any, Any]:
    annotation = annotation_of(field, nested, functions)
    if field.nullable:
        annotation = Optional[annotation]
    if field.default is not None:
        default = Field(default=field.default, alias=field.name, description=field.description, validate_default=True)
    elif field.required:
        default = Field(alias=field.name, description=field.description)
    else:
        default = Field(default=None, alias=field.name, description=field.description)
    return annotation, default


def _usable(name: str) -> bool:
    # Anything else would hide a method of the model, or is refused by it.
    return name.isidentifier() and not name.startswith("_") and not hasattr(BaseModel, name)


def plain_data(model: BaseModel) -> Mapping[str, Any]:
    """Give the checked values under the names of the schema."""
    return model.model_dump(by_alias=True)
