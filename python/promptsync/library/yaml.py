"""The one place where YAML is read and written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml

from promptsync.errors import ValidationError

if TYPE_CHECKING:
    from yaml import SafeDumper as _Dumper
else:
    # The one in C is several times faster, and is there in most builds of PyYAML.
    _Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

# Prompts and schemas are written by people; a larger file is a mistake, or an attack on whoever reads it.
_LARGEST = 16 * 1024 * 1024


class NotYamlError(ValueError):
    """A text is not YAML, or not of the kind that is read; ``line`` is the place, when known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_yaml(path: Path) -> object:
    """Give the content of a YAML file, ``None`` for an empty one.

    ``OSError`` when it cannot be read, ``NotYamlError`` when it is not YAML.
    """
    if path.stat().st_size > _LARGEST:
        raise NotYamlError(f"The file has more than {_LARGEST} bytes")
    try:
        # Not `read_text`, which makes one line end of every other.
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotYamlError("The file is not UTF-8") from error
    return parse_yaml(text)


def read_yaml_files(paths: Sequence[Path]) -> list[object]:
    """Give the contents of many files, read by several threads; a :class:`NotYamlError` in place of what is none.

    >>> read_yaml_files([Path("/nowhere/a.yaml")])
    [NotYamlError('it cannot be read: No such file or directory (os error 2)')]
    """
    from promptsync import _core

    found = _core.read_yaml_files([str(path) for path in paths])
    return [NotYamlError(one.message, one.line) if isinstance(one, ValidationError) else one for one in found]


def parse_yaml(text: str) -> object:
    """Give the content of a YAML text.

    >>> parse_yaml("a: [1, two]")
    {'a': [1, 'two']}
    """
    from promptsync._core import read_yaml

    try:
        return read_yaml(text)
    except ValidationError as error:
        raise NotYamlError(error.message, error.line) from error


def yaml_of(value: object) -> str:
    """Give a value as YAML: block style, keys in their order, letters of every alphabet as they are.

    ``NotYamlError`` for what could not be read again, such as a control character or an endless number. Line ends of
    other systems become line feeds, which is how our reader reads them.

    >>> print(yaml_of({"b": [1], "a": "é"}), end="")
    b:
    - 1
    a: é
    """
    text = yaml.dump(value, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=120)
    if parse_yaml(text) != _with_line_feeds(value):
        raise NotYamlError("The value would not be the same after it is read again")
    return text


def _with_line_feeds(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, list):
        return [_with_line_feeds(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        fields = cast("dict[object, object]", value)
        return {_with_line_feeds(name): _with_line_feeds(item) for name, item in fields.items()}
    return value


class _PlainDumper(_Dumper):
    """Writes each value out where it stands: an alias is what our reader and many eyes do not like."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(_: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Only in double quotes these are written as escapes; otherwise they would be read as a line end, or dropped.
    style = '"' if _LINE_ENDS.search(text) else None
    return yaml.ScalarNode("tag:yaml.org,2002:str", str(text), style=style)


_LINE_ENDS = re.compile("[\r\x85\u2028\u2029\ufeff]")

_PlainDumper.add_representer(str, _represent_text)
# A rendered text or a list of the library is written like any other.
_PlainDumper.add_multi_representer(str, _represent_text)
_PlainDumper.add_multi_representer(list, yaml.SafeDumper.represent_list)
_PlainDumper.add_multi_representer(dict, yaml.SafeDumper.represent_dict)
