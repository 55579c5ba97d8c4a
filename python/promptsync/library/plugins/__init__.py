"""Plugins: integrations by name, with a configuration, and from other packages by entry points."""

from __future__ import annotations

from promptsync.library.plugins.base import BasePlugin
from promptsync.library.plugins.registry import PluginRegistry

__all__ = ["BasePlugin", "PluginRegistry"]
