"""Prompts from YAML files into a registry."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from promptsync.library.atomic_files import write_atomically
from promptsync._awaitable import DONE, Count, Done, Items
from promptsync.library.example_files import EXAMPLE_PROMPTS
from promptsync.library.exceptions import PromptManagerError
from promptsync.library.prompt_files import read_prompt_file
from promptsync.library.prompts import PromptSchema
from promptsync.library.yaml import yaml_of
from promptsync.library.yaml_files import yaml_paths

if TYPE_CHECKING:
    from promptsync.library.registry import PromptRegistry

logger = logging.getLogger("promptsync.library")


class YAMLLoader:
    """Reads files of prompts, in both shapes, and imports them into a registry."""

    def __init__(self, registry: PromptRegistry | None = None) -> None:
        self._registry = registry

    def load_file(self, filepath: str | Path) -> PromptSchema:
        """Give the prompts of a file."""
        return read_prompt_file(Path(filepath))

    def load_directory(self, dirpath: str | Path) -> Items[PromptSchema]:
        """Give the prompts of each file directly in a folder; a bad file is logged and passed over."""
        files: Items[PromptSchema] = Items()
        for path in yaml_paths(Path(dirpath)):
            try:
                files.append(read_prompt_file(path))
            except PromptManagerError as error:
                logger.warning("passed over %s: %s", path, error.message)
        return files

    def import_to_registry(self, filepath: str | Path, *, registry: PromptRegistry | None = None) -> Count:
        """Register the prompts of a file, and give their number."""
        target = self._target(registry)
        return _register(target, [self.load_file(filepath)])

    def import_directory_to_registry(self, dirpath: str | Path, *, registry: PromptRegistry | None = None) -> Count:
        """Register the prompts of all files directly in a folder, and give their number."""
        target = self._target(registry)
        return _register(target, self.load_directory(dirpath))

    @staticmethod
    def create_example_yaml(output_path: str | Path) -> Done:
        """Write a file with example prompts."""
        write_atomically(Path(output_path), yaml_of(EXAMPLE_PROMPTS))
        return DONE

    def _target(self, registry: PromptRegistry | None) -> PromptRegistry:
        # Not `or`: a registry may one day have a length, and an empty one is still the one that was meant.
        target = self._registry if registry is None else registry
        if target is None:
            raise ValueError("No registry to import into: pass one to the loader or to this method")
        return target


def _register(registry: PromptRegistry, files: list[PromptSchema]) -> Count:
    prompts = [prompt for file in files for prompt in file.prompts]
    for prompt in prompts:
        registry.register(prompt)
    return Count(len(prompts))
