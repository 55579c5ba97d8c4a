"""Checks of single values, for use on their own and by the schema loader.

``validate`` gives whether a value is right and, if not, a sentence that does not quote it. Calling the validator gives
the value back, or raises ``ValueError``.

>>> RangeValidator(1, 2).validate(3)
(False, 'Value must be at most 2')
>>> RangeValidator(1, 2)(2)
2
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sized
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

Value = TypeVar("Value")
Verdict = tuple[bool, "str | None"]
RIGHT: Verdict = (True, None)

# A label of a domain, and what an address has before the @: the unquoted forms, which are all that is met in practice.
_LABEL = re.compile(r"(?!-)[^\W_]([\w-]{0,61}[^\W_])?")
_LOCAL_PART = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")


class BaseValidator(ABC):
    """A check; ``error_message``, if given, is said in place of its own sentence."""

    def __init__(self, error_message: str | None = None) -> None:
        self.error_message = error_message

    @abstractmethod
    def validate(self, value: Any) -> Verdict:
        """Tell whether a value is right, and what is wrong with it."""

    def __call__(self, value: Value) -> Value:
        right, message = self.validate(value)
        if not right:
            raise ValueError(message)
        return value

    def wrong(self, message: str) -> Verdict:
        """Give the verdict on a value that is not right."""
        return False, self.error_message or message


class LengthValidator(BaseValidator):
    """A text, list or dictionary has a length within these bounds, both included."""

    def __init__(
        self, min_length: int | None = None, max_length: int | None = None, error_message: str | None = None
    ) -> None:
        super().__init__(error_message)
        self.min_length = min_length
        self.max_length = max_length

    def validate(self, value: Any) -> Verdict:
        """Tell whether the length is right."""
        if not isinstance(value, Sized):
            return self.wrong(f"Value must have length (got {type(value).__name__})")
        length = len(value)
        if self.min_length is not None and length < self.min_length:
            return self.wrong(f"Length must be at least {self.min_length} (got {length})")
        if self.max_length is not None and length > self.max_length:
            return self.wrong(f"Length must be at most {self.max_length} (got {length})")
        return RIGHT


class RangeValidator(BaseValidator):
    """A number lies within these bounds, both included; what is not a number (NaN) never does."""

    def __init__(
        self,
        min_value: int | float | None = None,
        max_value: int | float | None = None,
        error_message: str | None = None,
    ) -> None:
        super().__init__(error_message)
        self.min_value = min_value
        self.max_value = max_value

    def validate(self, value: Any) -> Verdict:
        """Tell whether the number is right."""
        if not isinstance(value, (int, float)):
            return self.wrong(f"Value must be numeric (got {type(value).__name__})")
        if self.min_value is not None and not value >= self.min_value:
            return self.wrong(f"Value must be at least {self.min_value}")
        if self.max_value is not None and not value <= self.max_value:
            return self.wrong(f"Value must be at most {self.max_value}")
        return RIGHT


class RegexValidator(BaseValidator):
    """A text begins with what the pattern describes."""

    def __init__(self, pattern: str, error_message: str | None = None) -> None:
        super().__init__(error_message)
        self.pattern = pattern
        self._compiled = re.compile(pattern)

    def validate(self, value: Any) -> Verdict:
        """Tell whether the text matches."""
        if not isinstance(value, str):
            return self.wrong(f"Value must be string (got {type(value).__name__})")
        if self._compiled.match(value) is None:
            return self.wrong(f"Value must match pattern: {self.pattern}")
        return RIGHT


class EnumValidator(BaseValidator):
    """A value is one of those allowed; ``True`` is not ``1``.

    >>> EnumValidator([1]).validate(True)[0]
    False
    """

    def __init__(self, allowed_values: Iterable[Any], error_message: str | None = None) -> None:
        super().__init__(error_message)
        self.allowed_values = list(allowed_values)

    def validate(self, value: Any) -> Verdict:
        """Tell whether the value is among the allowed ones."""
        for allowed in self.allowed_values:
            if isinstance(value, bool) == isinstance(allowed, bool) and value == allowed:
                return RIGHT
        return self.wrong(f"Value must be one of {self.allowed_values}")


class EmailValidator(BaseValidator):
    """A text looks like an address of electronic mail. Whether mail arrives there is another question."""

    def validate(self, value: Any) -> Verdict:
        """Tell whether the text looks like an address."""
        if not isinstance(value, str):
            return self.wrong(f"Email must be string (got {type(value).__name__})")
        local, separator, domain = value.rpartition("@")
        labels = domain.split(".")
        if (
            separator
            and len(local) <= 64
            and len(domain) <= 253
            and len(labels) > 1
            and not labels[-1].isdigit()
            and _LOCAL_PART.fullmatch(local)
            and all(_LABEL.fullmatch(label) for label in labels)
        ):
            return RIGHT
        return self.wrong("Invalid email address")


class URLValidator(BaseValidator):
    """A text is an address of the web: ``http`` or ``https``, and a host."""

    def validate(self, value: Any) -> Verdict:
        """Tell whether the text is such an address."""
        if not isinstance(value, str):
            return self.wrong(f"URL must be string (got {type(value).__name__})")
        if any(character.isspace() or not character.isprintable() for character in value):
            return self.wrong("Invalid URL: it has white space or control characters")
        try:
            parts = urlsplit(value)
            host = parts.hostname
            _ = parts.port
        except ValueError:
            return self.wrong("Invalid URL")
        if parts.scheme not in ("http", "https"):
            return self.wrong("Invalid URL: it must begin with http:// or https://")
        return RIGHT if host else self.wrong("Invalid URL: it has no host")


class UUIDValidator(BaseValidator):
    """A value is a UUID, or a text that spells one."""

    def validate(self, value: Any) -> Verdict:
        """Tell whether the value is a UUID."""
        if isinstance(value, UUID):
            return RIGHT
        if not isinstance(value, str):
            return self.wrong(f"UUID must be string or UUID (got {type(value).__name__})")
        try:
            UUID(value)
        except ValueError:
            return self.wrong("Invalid UUID")
        return RIGHT


class DateValidator(BaseValidator):
    """A value is a date, or a text that spells one in this format."""

    def __init__(self, format: str = "%Y-%m-%d", error_message: str | None = None) -> None:
        super().__init__(error_message)
        self.format = format

    def validate(self, value: Any) -> Verdict:
        """Tell whether the value is a date."""
        if isinstance(value, date):
            return RIGHT
        if not isinstance(value, str):
            return self.wrong(f"Date must be string or date (got {type(value).__name__})")
        if not _spells(value, self.format):
            return self.wrong(f"Invalid date format (expected {self.format})")
        return RIGHT


class DateTimeValidator(BaseValidator):
    """A value is a moment, or a text that spells one in this format.

    The usual format also admits a fraction of a second and a zone.

    >>> DateTimeValidator().validate("2024-01-01T10:00:00Z")[0]
    True
    """

    USUAL = "%Y-%m-%dT%H:%M:%S"

    def __init__(self, format: str = USUAL, error_message: str | None = None) -> None:
        super().__init__(error_message)
        self.format = format

    def validate(self, value: Any) -> Verdict:
        """Tell whether the value is a moment."""
        if isinstance(value, datetime):
            return RIGHT
        if not isinstance(value, str):
            return self.wrong(f"Datetime must be string or datetime (got {type(value).__name__})")
        formats = [self.format]
        if self.format == self.USUAL:
            formats += [f"{self.USUAL}%z", f"{self.USUAL}.%f", f"{self.USUAL}.%f%z"]
        if not any(_spells(value, format) for format in formats):
            return self.wrong(f"Invalid datetime format (expected {self.format})")
        return RIGHT


class CustomValidator(BaseValidator):
    """A function of yours says whether the value is right; it has to say ``True`` or ``False``."""

    def __init__(self, validator_func: Callable[[Any], bool], error_message: str | None = None) -> None:
        super().__init__(error_message)
        self.validator_func = validator_func

    def validate(self, value: Any) -> Verdict:
        """Ask the function."""
        try:
            answer: Any = self.validator_func(value)
        except Exception as error:
            # The kind alone: the text of the function's error may quote the value.
            return self.wrong(f"Validation error: {type(error).__name__}")
        if not isinstance(answer, bool):
            return self.wrong(f"Validator function must return bool (got {type(answer).__name__})")
        return RIGHT if answer else self.wrong("Custom validation failed")


def _spells(text: str, format: str) -> bool:
    try:
        datetime.strptime(text, format)
    except ValueError:
        return False
    return True
