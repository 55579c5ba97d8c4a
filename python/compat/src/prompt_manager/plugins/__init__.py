"""Plugins, see :mod:`promptsync.library.plugins`."""

from promptsync.library.plugins import BasePlugin, PluginRegistry

__all__ = ["BasePlugin", "PluginRegistry"]
