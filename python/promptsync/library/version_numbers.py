"""Version numbers of three parts, compared as numbers."""

from __future__ import annotations

import re
from typing import Literal

# Nine digits a part are more than anybody needs, and keep `int` fast.
_NUMBER = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})")

Level = Literal["major", "minor", "patch"]


def parse_version(text: str) -> tuple[int, int, int]:
    """Give the three numbers of a version; ``ValueError`` if it is none.

    >>> parse_version("1.10.0") > parse_version("1.9.9")
    True
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError(f"Version must be three numbers like 1.2.3, not {text!r}")
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch)


def check_version(text: str) -> str:
    """Give the version back if it is one.

    >>> check_version("1.2.3")
    '1.2.3'
    """
    parse_version(text)
    return text


def next_version(text: str, level: Level = "patch") -> str:
    """Give the version that follows; an unknown level counts as ``patch``.

    >>> next_version("1.2.3"), next_version("1.2.3", "minor"), next_version("1.2.3", "major")
    ('1.2.4', '1.3.0', '2.0.0')
    """
    major, minor, patch = parse_version(text)
    if level == "major":
        return f"{major + 1}.0.0"
    if level == "minor":
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"
