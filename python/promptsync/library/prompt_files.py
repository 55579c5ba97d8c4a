"""Prompts in YAML files, in both shapes: one prompt, or a list under ``prompts:``."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from promptsync.library.exceptions import PromptManagerError, SchemaValidationError
from promptsync.library.file_names import file_name_of
from promptsync.library.prompts import Prompt, PromptSchema
from promptsync.library.schema_models import problems_of
from promptsync.library.yaml import NotYamlError, read_yaml_files, yaml_of
from promptsync.library.yaml_files import not_yaml, read_yaml_file, yaml_paths

_PLAIN_ID = re.compile(r"[A-Za-z0-9_.-]+")

logger = logging.getLogger("promptsync.library")


def read_prompt_file(path: Path) -> PromptSchema:
    """Give the prompts of a file.

    ``SchemaParseError`` for what is not YAML, ``SchemaValidationError`` for what is missing, empty or holds no prompts.
    """
    return _prompts_in(read_yaml_file(path), path)


def _prompts_in(content: object, path: Path) -> PromptSchema:
    if content is None:
        raise SchemaValidationError("Failed to validate schema: Empty YAML file", file=str(path))
    try:
        return prompts_of(content)
    except ValidationError as error:
        problems = "; ".join(problems_of(error))
        raise SchemaValidationError(f"Failed to validate schema: {problems}", file=str(path)) from error


def prompts_of(content: object) -> PromptSchema:
    """Give the prompts of the content of a file, whichever its shape.

    >>> flat = {"id": "a", "format": "text", "template": {"content": "A"}}
    >>> prompts_of(flat).prompts[0].id, prompts_of({"prompts": [flat]}).prompts[0].id
    ('a', 'a')
    """
    if isinstance(content, dict) and "prompts" not in content and ("id" in content or "format" in content):
        # One prompt that was checked is a file of prompts that needs no further check.
        return PromptSchema.model_construct(prompts=[Prompt.model_validate(content)], version="1.0.0", metadata={})
    return PromptSchema.model_validate(content)


def readable_prompts(folder: Path) -> Iterator[tuple[Path, Prompt]]:
    """Give the prompts of all files of a folder, and where each stands; a bad file is logged and passed over."""
    paths = yaml_paths(folder)
    for path, content in zip(paths, read_yaml_files(paths)):
        try:
            if isinstance(content, NotYamlError):
                raise not_yaml(path, content)
            prompts = _prompts_in(content, path).prompts
        except PromptManagerError as error:
            logger.warning("passed over %s: %s", path, error.message)
            continue
        for prompt in prompts:
            yield path, prompt


def precedence(path: Path, prompt_id: str) -> int:
    """Give how much a file has to say about a prompt that stands in several: most has the one of its name.

    >>> [precedence(Path(name), "a") for name in ("all.yaml", "a.yml", "a.yaml")]
    [0, 1, 2]
    """
    name = path.name
    if name == f"{prompt_id}.yaml":
        return 2
    if path.stem != file_name_of(prompt_id):
        return 0
    return 2 if path.suffix == ".yaml" else 1


def prompts_named(folder: Path, prompt_id: str) -> Iterator[tuple[Path, Prompt]]:
    """Give the prompts of this id in all files of a folder, and where each stands."""
    for path in yaml_paths(folder):
        # A file in which the id is not written needs no parser; an id that YAML may write differently always does.
        if _PLAIN_ID.fullmatch(prompt_id) and not _may_name(path, prompt_id.encode()):
            continue
        for prompt in _readable(path):
            if prompt.id == prompt_id:
                yield path, prompt


def _may_name(path: Path, identifier: bytes) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return False
    # Behind a backslash, a letter may be written as its number.
    return identifier in content or b"\\" in content


def _readable(path: Path) -> list[Prompt]:
    try:
        return read_prompt_file(path).prompts
    except PromptManagerError as error:
        logger.warning("passed over %s: %s", path, error.message)
        return []


def text_of_prompt(prompt: Prompt) -> str:
    """Give a prompt as a file of the flat shape."""
    content: dict[str, Any] = prompt.model_dump(mode="json")
    return yaml_of(content)


def text_of_prompts(prompts: Sequence[Prompt]) -> str:
    """Give several prompts as a file of the shape with ``prompts:``."""
    content = PromptSchema(prompts=list(prompts)).model_dump(mode="json")
    return yaml_of({"version": content["version"], "metadata": content["metadata"], "prompts": content["prompts"]})
