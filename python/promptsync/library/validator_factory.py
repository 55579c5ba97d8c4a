"""Validators from descriptions, as they stand in files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from promptsync.library.validators import (
    BaseValidator,
    CustomValidator,
    DateTimeValidator,
    DateValidator,
    EmailValidator,
    EnumValidator,
    LengthValidator,
    RangeValidator,
    RegexValidator,
    URLValidator,
    UUIDValidator,
)


class ValidatorFactory:
    """Makes validators from descriptions."""

    @staticmethod
    def create_validator(validator_config: Mapping[str, Any]) -> BaseValidator:
        """Make the validator that a mapping with ``type`` and its parameters describes.

        >>> ValidatorFactory.create_validator({"type": "min_length", "min_value": 2}).validate("a")[0]
        False
        """
        get = validator_config.get
        kind = get("type")
        kind = str(getattr(kind, "value", kind))
        message = get("error_message")
        low, high = get("min_value"), get("max_value")
        bound = get("value")
        if kind == "min_length":
            return LengthValidator(low if low is not None else bound, None if low is None else high, message)
        if kind == "max_length":
            return LengthValidator(None if high is None else low, high if high is not None else bound, message)
        if kind == "min_value":
            return RangeValidator(low if low is not None else bound, None if low is None else high, message)
        if kind == "max_value":
            return RangeValidator(None if high is None else low, high if high is not None else bound, message)
        if kind == "range":
            return RangeValidator(low, high, message)
        if kind == "regex":
            return RegexValidator(get("pattern") or "", message)
        if kind == "enum":
            return EnumValidator(get("allowed_values") or [], message)
        if kind == "custom" and callable(get("custom_function")):
            return CustomValidator(validator_config["custom_function"], message)
        if kind in _WITHOUT_PARAMETERS:
            return _WITHOUT_PARAMETERS[kind](error_message=message)
        raise ValueError(f"Unknown validator type: {kind}")


_WITHOUT_PARAMETERS: dict[str, Callable[..., BaseValidator]] = {
    "email": EmailValidator,
    "url": URLValidator,
    "uuid": UUIDValidator,
    "date": DateValidator,
    "datetime": DateTimeValidator,
}
