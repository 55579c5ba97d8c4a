"""Checks of single values, see :mod:`promptsync.library.validators`."""

from promptsync.library.validator_factory import ValidatorFactory
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

__all__ = [
    "BaseValidator",
    "CustomValidator",
    "DateTimeValidator",
    "DateValidator",
    "EmailValidator",
    "EnumValidator",
    "LengthValidator",
    "RangeValidator",
    "RegexValidator",
    "URLValidator",
    "UUIDValidator",
    "ValidatorFactory",
]
