"""Plugins by name."""

from promptsync.library.plugins.registry import PluginRegistry

__all__ = ["PluginRegistry"]
