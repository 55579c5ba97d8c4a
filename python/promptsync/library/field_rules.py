"""From the fields of a schema to what pydantic checks.

A nested schema is looked up when a value is checked, not when the model is made. So schemas may refer to each other and
to themselves, in any order of loading, and the depth that counts is that of the data, which is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo
from pydantic_core import PydanticCustomError, SchemaError, SchemaValidator, core_schema

from promptsync.library.schemas import FieldType, FieldValidator, SchemaField, ValidationType
from promptsync.library.validator_factory import ValidatorFactory
from promptsync.library.validators import RIGHT, BaseValidator, CustomValidator, Verdict

# Data that people and models write is a handful of levels deep; each level costs a few frames of the interpreter.
DEEPEST = 32

NestedCheck = Callable[[str, Any, int], Any]
CustomFunctions = Mapping[str, Callable[[Any], bool]]

_TYPES: dict[FieldType, Any] = {
    FieldType.STRING: str,
    FieldType.INTEGER: int,
    FieldType.FLOAT: float,
    FieldType.BOOLEAN: bool,
    FieldType.LIST: list[Any],
    FieldType.DICT: dict[Any, Any],
    FieldType.ENUM: Any,
    FieldType.ANY: Any,
}

# For a list these are about the list itself; every other rule is about each item.
_ABOUT_THE_WHOLE = (ValidationType.MIN_LENGTH, ValidationType.MAX_LENGTH, ValidationType.CUSTOM)


class SearchValidator(BaseValidator):
    """A text has, anywhere, what the pattern describes.

    The pattern runs in an engine whose time is linear in the text. Only one that needs looking around, which that
    engine does not have, runs in Python's.
    """

    def __init__(self, pattern: str, error_message: str | None = None) -> None:
        super().__init__(error_message)
        self.pattern = pattern
        self._found = _search(pattern)

    def validate(self, value: Any) -> Verdict:
        """Tell whether the text matches."""
        if not isinstance(value, str):
            return self.wrong(f"Value must be string (got {type(value).__name__})")
        return RIGHT if self._found(value) else self.wrong(f"Value must match pattern: {self.pattern}")


def annotation_of(field: SchemaField, nested: NestedCheck, functions: CustomFunctions) -> Any:
    """Give the annotated type of a field, without what concerns its absence."""
    if field.type is FieldType.LIST:
        of_items = [rule for rule in field.validators if rule.type not in _ABOUT_THE_WHOLE]
        of_list = [rule for rule in field.validators if rule.type in _ABOUT_THE_WHOLE]
        item: Any = dict[Any, Any] if field.item_schema else _TYPES[field.item_type or FieldType.ANY]
        _check_enumeration(field, field.item_type, of_items)
        item = _with_schema(item, field.item_schema, nested)
        return _with_rules(list[_with_rules(item, of_items, functions)], of_list, functions)  # type: ignore[misc]
    _check_enumeration(field, field.type, field.validators)
    annotation = _with_schema(_TYPES[field.type], field.nested_schema, nested)
    return _with_rules(annotation, field.validators, functions)


def validator_of(rule: FieldValidator, functions: CustomFunctions) -> BaseValidator:
    """Give the check that a rule describes; ``ValueError`` for a function nobody registered."""
    if rule.type is ValidationType.REGEX:
        return SearchValidator(rule.pattern or "", rule.error_message)
    if rule.type is ValidationType.CUSTOM:
        function = rule.custom_function
        if isinstance(function, str):
            if function not in functions:
                raise ValueError(f"no function is registered under {function!r}; use register_validator()")
            function = functions[function]
        if function is None:
            raise ValueError("a custom validator needs a function")
        return CustomValidator(function, rule.error_message)
    return ValidatorFactory.create_validator(rule.model_dump())


def _with_rules(annotation: Any, rules: Iterable[FieldValidator], functions: CustomFunctions) -> Any:
    for rule in rules:
        annotation = Annotated[annotation, AfterValidator(_raising(validator_of(rule, functions)))]
    return annotation


def _raising(validator: BaseValidator) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        # A field that may be null has no more rules to meet when it is.
        if value is None:
            return value
        right, message = validator.validate(value)
        if not right:
            raise PydanticCustomError("rule", "{problem}", {"problem": message})
        return value

    return check


def _with_schema(annotation: Any, schema_name: str | None, nested: NestedCheck) -> Any:
    if schema_name is None:
        return annotation

    def check(value: Any, info: ValidationInfo) -> Any:
        context: dict[str, int] = info.context or {}
        depth = context.get("depth", 0) + 1
        if depth > DEEPEST:
            raise PydanticCustomError("too_deep", "Nested deeper than {limit} levels", {"limit": DEEPEST})
        return nested(schema_name, value, depth)

    return Annotated[annotation, AfterValidator(check)]


def _check_enumeration(field: SchemaField, kind: FieldType | None, rules: Iterable[FieldValidator]) -> None:
    if kind is FieldType.ENUM and not any(rule.type is ValidationType.ENUM for rule in rules):
        raise ValueError(f"field '{field.name}' is an enum without allowed_values")


def _search(pattern: str) -> Callable[[str], bool]:
    try:
        linear = SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        try:
            compiled = re.compile(pattern)
        except re.error:
            raise ValueError(f"{pattern!r} is no regular expression") from None
        return lambda text: compiled.search(text) is not None
    return linear.isinstance_python
