"""Checks of single values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from promptsync.library import (
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
    ValidatorFactory,
)

CASES: list[tuple[BaseValidator, list[Any], list[Any]]] = [
    (LengthValidator(2, 3), ["ab", [1, 2, 3], {1: 1, 2: 2}], ["a", "abcd", 5, None]),
    (LengthValidator(), ["", []], [5]),
    (RangeValidator(1, 2), [1, 2, 1.5, True], [0, 3, "1", float("nan"), None]),
    (RangeValidator(min_value=0), [0, 10**400], [-1]),
    (RegexValidator("a+"), ["a", "aab"], ["ba", "", 1]),
    (EnumValidator([1, "a"]), [1, 1.0, "a"], [True, "b", None, [1]]),
    (
        EmailValidator(),
        ["a@b.de", "first.last+tag@sub.example.org", "ö@exämple.org"],
        [
            "",
            "a",
            "a@b",
            "@b.de",
            "a@",
            "a b@c.de",
            "a@b..de",
            "a@-b.de",
            ".a@b.de",
            "a@b.1",
            1,
            "a@b.de\n",
            "a@b@c.de",
        ],
    ),
    (
        URLValidator(),
        ["http://a", "https://example.org:80/x?y#z", "https://[::1]/"],
        ["", "a", "ftp://a", "https://", "https://a b", "javascript:alert(1)", "http://[", "http://a:b", "//a", 1],
    ),
    (
        UUIDValidator(),
        [UUID(int=1), str(UUID(int=1)), UUID(int=1).hex, "{" + str(UUID(int=1)) + "}"],
        ["", "1", 1],
    ),
    (DateValidator(), ["2024-02-29", date(2024, 1, 1)], ["2023-02-29", "29.02.2024", "", 1]),
    (DateValidator("%d.%m.%Y"), ["29.02.2024"], ["2024-02-29"]),
    (
        DateTimeValidator(),
        ["2024-01-01T00:00:00", "2024-01-01T00:00:00.5", "2024-01-01T00:00:00+02:00", datetime(2024, 1, 1)],
        ["2024-01-01", "2024-01-01 00:00:00", "", 1],
    ),
    (DateTimeValidator("%H:%M"), ["10:30"], ["2024-01-01T00:00:00"]),
    (CustomValidator(lambda value: bool(value == 1)), [1], [2]),
    (CustomValidator(lambda value: value), [True], [1, 0, None, False]),
    (CustomValidator(lambda value: 1 / value > 0), [1], [0, "a"]),
]


@pytest.mark.parametrize(("validator", "right", "wrong"), CASES, ids=lambda item: type(item).__name__)
def test_a_validator_tells_right_from_wrong(validator: BaseValidator, right: list[Any], wrong: list[Any]) -> None:
    for value in right:
        assert validator.validate(value) == (True, None), value
        assert validator(value) is value
    for value in wrong:
        is_right, message = validator.validate(value)
        assert not is_right and message, value
        with pytest.raises(ValueError):
            validator(value)


@pytest.mark.parametrize("validator", [case[0] for case in CASES], ids=lambda item: type(item).__name__)
def test_a_message_of_your_own_is_said_instead(validator: BaseValidator) -> None:
    validator.error_message = "Mine"
    try:
        assert validator.validate(object()) == (False, "Mine")
    finally:
        validator.error_message = None


@pytest.mark.parametrize(
    ("config", "right", "wrong"),
    [
        ({"type": "min_length", "min_value": 2}, "ab", "a"),
        ({"type": "max_length", "max_value": 1}, "a", "ab"),
        ({"type": "max_length", "value": 1}, "a", "ab"),
        ({"type": "min_value", "min_value": 2}, 2, 1),
        ({"type": "max_value", "value": 2}, 2, 3),
        ({"type": "range", "min_value": 1, "max_value": 2}, 1, 3),
        ({"type": "regex", "pattern": "a"}, "a", "b"),
        ({"type": "enum", "allowed_values": ["a"]}, "a", "b"),
        ({"type": "email"}, "a@b.de", "a"),
        ({"type": "url"}, "https://a", "a"),
        ({"type": "uuid"}, str(UUID(int=1)), "a"),
        ({"type": "date"}, "2024-01-01", "a"),
        ({"type": "datetime"}, "2024-01-01T00:00:00", "a"),
        ({"type": "custom", "custom_function": str.islower}, "a", "A"),
    ],
    ids=lambda item: item["type"] if isinstance(item, dict) else None,
)
def test_the_factory_makes_each_kind(config: dict[str, Any], right: Any, wrong: Any) -> None:
    validator = ValidatorFactory.create_validator(config)
    assert validator.validate(right)[0] and not validator.validate(wrong)[0]


@pytest.mark.parametrize("config", [{}, {"type": "length"}, {"type": "custom", "custom_function": "os.getcwd"}])
def test_the_factory_refuses_what_it_does_not_know(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Unknown validator type"):
        ValidatorFactory.create_validator(config)


def test_the_base_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="Can't instantiate abstract class"):
        BaseValidator()  # type: ignore[abstract]
