"""Plugins and the registry that keeps them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from promptsync.library.exceptions import PluginError, PluginLoadError, PluginNotFoundError
from promptsync.library.plugins import BasePlugin, PluginRegistry, openai_plugin, registry
from promptsync.library.plugins.anthropic_plugin import AnthropicPlugin
from promptsync.library.plugins.integration_plugin import IntegrationPlugin
from promptsync.library.plugins.langchain_plugin import LangChainPlugin
from promptsync.library.plugins.litellm_plugin import LiteLLMPlugin
from promptsync.library.plugins.openai_plugin import OpenAIPlugin
from promptsync.library.prompts import Prompt
from promptsync.library.protocols import PluginProtocol

from .conftest import Chat, Text

BUNDLED = [OpenAIPlugin, AnthropicPlugin, LangChainPlugin, LiteLLMPlugin]


class Shout(BasePlugin):
    """The least that a plugin can be."""

    def __init__(self) -> None:
        super().__init__("shout", "1.0.0")

    def render_for_framework(self, prompt: Prompt, variables: Mapping[str, Any]) -> str:
        """Shout the id."""
        return prompt.id.upper()


class Broken(Shout):
    """Fails in everything but rendering."""

    def _initialize_impl(self, config: Mapping[str, Any]) -> None:
        raise OSError("no model there")

    def shutdown(self) -> Any:
        """Fail."""
        raise OSError("no model there")


def test_a_plugin_needs_only_render_for_framework(text: Text) -> None:
    plugin = Shout()
    plugin.initialize({"loud": True})
    assert plugin.render_for_framework(text("Hi"), {}) == "TEXT"
    assert plugin.validate_compatibility(text("Hi"))
    assert plugin.get_config() == {"loud": True}
    assert isinstance(plugin, PluginProtocol)


def test_the_base_itself_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="Can't instantiate abstract class"):
        BasePlugin("a", "1.0.0")  # type: ignore[abstract]


def test_the_configuration_that_is_given_out_is_a_copy() -> None:
    plugin = Shout()
    plugin.initialize({"loud": True})
    plugin.get_config().clear()
    assert plugin.get_config() == {"loud": True}


def test_a_failure_to_initialize_is_a_plugin_error_with_its_cause() -> None:
    with pytest.raises(PluginError, match="Failed to initialize plugin shout: no model there") as refused:
        Broken().initialize({})
    assert isinstance(refused.value.__cause__, OSError)


@pytest.mark.parametrize("kind", BUNDLED)
def test_bundled_plugins_have_to_be_initialized(kind: type[IntegrationPlugin], chat: Chat) -> None:
    plugin = kind()
    with pytest.raises(PluginError, match=f"Plugin {plugin.name} not initialized"):
        plugin.render_for_framework(chat(("user", "Hi")), {})
    with pytest.raises(PluginError, match="not initialized"):
        plugin.validate_compatibility(chat(("user", "Hi")))


@pytest.mark.parametrize("kind", BUNDLED)
def test_bundled_plugins_render_with_their_integration(kind: type[IntegrationPlugin], chat: Chat) -> None:
    if kind is LangChainPlugin:
        pytest.importorskip("langchain_core", reason="`langchain-core` is not installed")
    plugin = kind()
    plugin.initialize({})
    prompt = chat(("user", "Hi {{name}}"))
    assert plugin.validate_compatibility(prompt)
    assert plugin.render_for_framework(prompt, {"name": "Ada"})
    plugin.shutdown()
    with pytest.raises(PluginError, match="not initialized"):
        plugin.render_for_framework(prompt, {"name": "Ada"})


def test_an_integration_that_is_gone_is_told_apart(text: Text) -> None:
    plugin = OpenAIPlugin()
    plugin.initialize({})
    plugin._integration = None
    with pytest.raises(PluginError, match="Integration not initialized"):
        plugin.render_for_framework(text("Hi"), {})


def test_strict_validation_is_a_setting(chat: Chat) -> None:
    plugin = AnthropicPlugin()
    plugin.initialize({"strict_validation": False})
    assert plugin.render_for_framework(chat(("assistant", "Hi")), {})["messages"]


def test_an_integration_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("broken")

    monkeypatch.setattr(openai_plugin, "OpenAIIntegration", fail)
    with pytest.raises(PluginError, match="Failed to initialize OpenAI"):
        OpenAIPlugin().initialize({})


def test_the_registry_keeps_plugins_by_name(caplog: pytest.LogCaptureFixture) -> None:
    plugins = PluginRegistry()
    first, second = Shout(), Shout()
    plugins.register(first)
    assert caplog.records == []
    plugins.register(second)
    assert "replaced" in caplog.text
    assert plugins.get("shout") is second
    assert plugins.list() == ["shout"]
    assert plugins.has("shout")
    assert plugins.get_stats() == {"total_plugins": 1, "plugins": [{"name": "shout", "version": "1.0.0"}]}
    plugins.unregister("shout")
    assert not plugins.has("shout")


@pytest.mark.parametrize("method", ["get", "unregister"])
def test_an_unknown_plugin_is_not_found(method: str) -> None:
    with pytest.raises(PluginNotFoundError, match="shout"):
        getattr(PluginRegistry(), method)("shout")


def test_a_plugin_is_loaded_from_a_module_and_initialized_if_configured() -> None:
    plugins = PluginRegistry()
    place = "promptsync.library.plugins.openai_plugin"
    assert repr(plugins.load_from_module(place, "OpenAIPlugin")) == "OpenAIPlugin(name='openai', version='1.0.0')"
    configured = plugins.load_from_module(place, "OpenAIPlugin", {"strict_validation": True})
    assert isinstance(configured, OpenAIPlugin)
    assert configured.get_config() == {"strict_validation": True}
    assert plugins.get("openai") is configured


@pytest.mark.parametrize(
    ("module", "name"), [("no_such_module", "X"), ("json", "NoSuchClass"), ("json", "JSONDecoder")]
)
def test_what_is_no_plugin_is_a_load_error_that_names_it(module: str, name: str) -> None:
    plugins = PluginRegistry()
    with pytest.raises(PluginLoadError, match=f"{module}.{name}"):
        plugins.load_from_module(module, name)
    assert plugins.list() == []


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """What packages announce, in both groups."""
    plugins = "promptsync.library.plugins"
    points = [
        EntryPoint("openai", f"{plugins}.openai_plugin:OpenAIPlugin", "promptsync.plugins"),
        EntryPoint("broken", "no_such_module:Plugin", "promptsync.plugins"),
        EntryPoint("stranger", "json:JSONDecoder", "promptsync.plugins"),
        EntryPoint("shout", f"{__name__}:Shout", "prompt_manager.plugins"),
        EntryPoint("openai", f"{__name__}:Impostor", "prompt_manager.plugins"),
    ]

    def entry_points(*, group: str) -> EntryPoints:
        return EntryPoints(point for point in points if point.group == group)

    monkeypatch.setattr(registry, "entry_points", entry_points)


class Impostor(Shout):
    """Wants the name of a bundled plugin."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "openai"


@pytest.mark.usefixtures("announced")
def test_both_groups_are_looked_in_and_the_first_of_a_name_has_it(caplog: pytest.LogCaptureFixture) -> None:
    plugins = PluginRegistry()
    with caplog.at_level(logging.WARNING):
        assert plugins.discover_entry_points() == ["openai", "shout"]
    assert type(plugins.get("openai")) is OpenAIPlugin
    assert [record.getMessage() for record in caplog.records] == [
        "the plugin no_such_module:Plugin cannot be loaded: ModuleNotFoundError",
        "the plugin json:JSONDecoder cannot be loaded: TypeError",
    ]


@pytest.mark.usefixtures("announced")
def test_one_group_can_be_asked_for() -> None:
    assert PluginRegistry().discover_entry_points("prompt_manager.plugins") == ["openai", "shout"]


def test_shutting_down_goes_on_after_a_failure() -> None:
    plugins = PluginRegistry()
    plugins.register(Broken())
    openai = OpenAIPlugin()
    openai.initialize({})
    plugins.register(openai)
    plugins.shutdown_all()
    assert plugins.list() == []
    assert openai._integration is None


def test_every_step_can_be_awaited() -> None:
    async def steps() -> bool:
        plugins = PluginRegistry()
        plugin = await Shout()
        await plugin.initialize({})
        await plugins.register(plugin)
        await plugins.shutdown_all()
        return plugins.has("shout")

    assert asyncio.run(steps()) is False
