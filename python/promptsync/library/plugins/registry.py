"""The plugins of a process, by name."""

from __future__ import annotations

import builtins
import importlib
import logging
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from promptsync._awaitable import DONE, Done
from promptsync.library.event_loops import settle
from promptsync.library.exceptions import PluginLoadError, PluginNotFoundError
from promptsync.library.protocols import PluginProtocol

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger("promptsync.library.plugins")

ENTRY_POINT_GROUPS = ("promptsync.plugins", "prompt_manager.plugins")
"""Where packages announce plugins. The first to announce a name has it."""


class PluginRegistry:
    """Keeps plugins by name.

    >>> from promptsync.library.plugins.openai_plugin import OpenAIPlugin
    >>> registry = PluginRegistry()
    >>> _ = registry.register(OpenAIPlugin())
    >>> registry.list(), registry.get("openai")
    (['openai'], OpenAIPlugin(name='openai', version='1.0.0'))
    """

    def __init__(self) -> None:
        self._plugins: dict[str, PluginProtocol] = {}

    def register(self, plugin: PluginProtocol) -> Done:
        """Keep a plugin; one of the same name is replaced, with a warning in the log."""
        if plugin.name in self._plugins:
            logger.warning("the plugin %s was registered before and is replaced", plugin.name)
        self._plugins[plugin.name] = plugin
        return DONE

    def unregister(self, plugin_name: str) -> Done:
        """Shut a plugin down and drop it."""
        plugin = self.get(plugin_name)
        del self._plugins[plugin_name]
        settle(plugin.shutdown())
        return DONE

    def get(self, plugin_name: str) -> PluginProtocol:
        """Give a plugin, or raise ``PluginNotFoundError``."""
        try:
            return self._plugins[plugin_name]
        except KeyError:
            raise PluginNotFoundError(plugin_name) from None

    def list(self) -> builtins.list[str]:
        """Give the names, in the order of registration."""
        return builtins.list(self._plugins)

    def has(self, plugin_name: str) -> bool:
        """Tell whether a plugin of this name is registered."""
        return plugin_name in self._plugins

    def load_from_module(
        self, module_path: str, class_name: str, config: Mapping[str, Any] | None = None
    ) -> PluginProtocol:
        """Import a class, make a plugin of it and register it; with a configuration it is initialized, too."""
        place = f"{module_path}.{class_name}"
        try:
            plugin = getattr(importlib.import_module(module_path), class_name)()
            _check(plugin)
            if config:
                settle(plugin.initialize(config))
        except Exception as error:
            raise PluginLoadError(f"Failed to load plugin from {place}: {error}") from error
        checked: PluginProtocol = plugin
        self.register(checked)
        return checked

    def discover_entry_points(self, group: str | None = None) -> builtins.list[str]:
        """Register the plugins that installed packages announce, and give their names.

        They are not initialized. One that cannot be loaded is left out, with a warning in the log.

        Args:
            group: The group to look in; without it, all of ``ENTRY_POINT_GROUPS``.
        """
        found: dict[str, PluginProtocol] = {}
        for entry_point in _announced(ENTRY_POINT_GROUPS if group is None else (group,)):
            try:
                plugin = entry_point.load()()
                _check(plugin)
            except Exception as error:
                # The kind alone: this is a stranger's error, raised at import.
                logger.warning("the plugin %s cannot be loaded: %s", entry_point.value, type(error).__name__)
                continue
            found.setdefault(plugin.name, plugin)
        for plugin in found.values():
            self.register(plugin)
        return builtins.list(found)

    def shutdown_all(self) -> Done:
        """Shut every plugin down and drop it; one that fails does not keep the others."""
        plugins, self._plugins = self._plugins, {}
        for name, plugin in plugins.items():
            try:
                settle(plugin.shutdown())
            except Exception as error:
                logger.warning("the plugin %s failed to shut down: %s", name, type(error).__name__)
        return DONE

    def get_stats(self) -> dict[str, Any]:
        """Give the number of plugins, and name and version of each."""
        plugins = [{"name": plugin.name, "version": plugin.version} for plugin in self._plugins.values()]
        return {"total_plugins": len(plugins), "plugins": plugins}


def _announced(groups: Iterable[str]) -> Iterable[EntryPoint]:
    for group in groups:
        yield from sorted(entry_points(group=group), key=lambda entry_point: entry_point.name)


def _check(plugin: object) -> None:
    if not isinstance(plugin, PluginProtocol):
        raise TypeError(f"{type(plugin).__name__} lacks what a plugin has, see PluginProtocol")
