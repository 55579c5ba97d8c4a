"""Prompts from YAML files."""

from promptsync.library.storage.yaml_loader import YAMLLoader

__all__ = ["YAMLLoader"]
