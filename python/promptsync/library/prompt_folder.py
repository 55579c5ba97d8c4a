"""A folder of prompts, with the schemas they refer to, as a manager loads it at the start."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from promptsync.library.exceptions import PromptManagerError
from promptsync.library.file_names import file_name_of
from promptsync.library.prompt_files import precedence, readable_prompts
from promptsync.library.registry import PromptRegistry
from promptsync.library.schema_loader import SchemaLoader

logger = logging.getLogger("promptsync.library")


def load_folder(folder: Path, registry: PromptRegistry, loader: SchemaLoader) -> None:
    """Register the prompts of the files directly in a folder, and load the schemas they name.

    Files that cannot be read, and schemas that are not there, are logged.
    """
    with _no_search_for_garbage():
        found = list(readable_prompts(folder))
        # The one that is registered last counts.
        found.sort(key=lambda item: precedence(item[0], item[1].id))
        for _, prompt in found:
            registry.adopt(prompt)
    names = {name for _, prompt in found for name in (prompt.input_schema, prompt.output_schema) if name}
    for name in sorted(names):
        _load_schema(name, folder, loader)


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    # All of what is read is kept, and searching it for garbage again and again takes as long as reading it.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _load_schema(name: str, folder: Path, loader: SchemaLoader) -> None:
    for schemas in (folder / "schemas", folder / ".." / "schemas"):
        for extension in (".yaml", ".yml"):
            path = schemas / f"{file_name_of(name)}{extension}"
            if not path.is_file():
                continue
            try:
                loader.load_file(path)
            except PromptManagerError as error:
                logger.warning("passed over %s: %s", path, error.message)
                continue
            if loader.get_schema(name) is not None:
                return
    if loader.get_schema(name) is None:
        logger.warning("schema %s is referred to, but not in a schemas folder", name)
