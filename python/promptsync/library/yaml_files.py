"""YAML files of prompts and schemas: which there are in a folder, and the library's errors for those that are none."""

from __future__ import annotations

from pathlib import Path

from promptsync.library.exceptions import SchemaParseError, SchemaValidationError
from promptsync.library.yaml import NotYamlError, read_yaml


def yaml_paths(folder: Path) -> list[Path]:
    """Give the YAML files directly in a folder: ``.yaml`` before ``.yml``, each by name."""
    # By their texts: comparing paths takes them apart each time.
    return [path for ending in ("*.yaml", "*.yml") for path in sorted(folder.glob(ending), key=str)]


def read_yaml_file(path: Path) -> object:
    """Give the content of a file, ``None`` for an empty one.

    ``SchemaParseError`` for what is not YAML, ``SchemaValidationError`` for what cannot be read.
    """
    try:
        return read_yaml(path)
    except NotYamlError as error:
        raise not_yaml(path, error) from error
    except OSError as error:
        raise SchemaValidationError(f"Failed to validate schema: {error}", file=str(path)) from error


def not_yaml(path: Path, error: NotYamlError) -> SchemaParseError:
    """Give the library's error for a file that is not YAML."""
    return SchemaParseError(f"Invalid YAML syntax: {error}", file=str(path), line=error.line)
