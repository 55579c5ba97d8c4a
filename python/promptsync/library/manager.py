"""The prompt manager: prompts in a folder or a storage of your own, rendered with checks.

>>> import asyncio, tempfile
>>> folder = tempfile.TemporaryDirectory()
>>> manager = PromptManager.create(prompt_dir=folder.name)
>>> hello = {"id": "hello", "format": "text", "template": {"content": "Hello {{name}}"}}
>>> manager.create_prompt(hello).version
'1.0.0'
>>> manager.render("hello", {"name": "you"})
'Hello you'
>>> async def later() -> str:
...     return await manager.render("hello", {"name": "you"})
>>> asyncio.run(later())
'Hello you'
>>> folder.cleanup()
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from promptsync.library import rendering, renders
from promptsync._awaitable import DONE, AwaitableValue, Count, Done, Items, Record, Text, awaitable
from promptsync.library.cache import cache_pattern
from promptsync.library.event_loops import settle
from promptsync.library.exceptions import PluginNotFoundError
from promptsync.library.history import comparison, is_recorded, recorded
from promptsync.library.notices import ask, tell
from promptsync.library.outputs import checked_output
from promptsync.library.prompt_folder import load_folder
from promptsync.library.prompts import Prompt, PromptVersion
from promptsync.library.registry import PromptRegistry
from promptsync.library.schema_loader import SchemaLoader
from promptsync.library.schemas import Schema
from promptsync.library.storage.files import FileSystemStorage
from promptsync.library.templates import ChatTemplateEngine, TemplateEngine

if TYPE_CHECKING:
    from promptsync.library.protocols import (
        CacheProtocol,
        MetricsCollectorProtocol,
        PluginProtocol,
        VersionStoreProtocol,
    )


class PromptManager(AwaitableValue):
    """Creates, versions, renders and checks prompts. Each result can be used at once, and can be awaited."""

    def __init__(
        self,
        registry: PromptRegistry | None = None,
        version_store: VersionStoreProtocol | None = None,
        cache: CacheProtocol | None = None,
        metrics: MetricsCollectorProtocol | None = None,
        observers: Iterable[object] | None = None,
    ) -> None:
        self._registry = PromptRegistry(FileSystemStorage("./prompts")) if registry is None else registry
        self._version_store = version_store
        self._cache = cache
        self._metrics = metrics
        self._observers: list[object] = list(observers or ())
        self._template_engine = TemplateEngine()
        self._chat_template_engine = ChatTemplateEngine(self._template_engine)
        self._schema_loader = SchemaLoader()
        self._plugins: dict[str, PluginProtocol] = {}
        # A version number is chosen and taken in one step.
        self._lock = threading.RLock()
        for observer in self._observers:
            self._registry.add_observer(observer)

    @classmethod
    def create(
        cls,
        prompt_dir: str | Path = "./prompts",
        auto_load_yaml: bool = True,
        version_store: VersionStoreProtocol | None = None,
        cache: CacheProtocol | None = None,
        metrics: MetricsCollectorProtocol | None = None,
        observers: Iterable[object] | None = None,
    ) -> PromptManager:
        """Make a manager that keeps its prompts in a folder, and load what is there.

        Files may hold one prompt, or several under ``prompts:``. Schemas that the prompts name are looked for in the
        folder ``schemas`` inside and beside the folder.
        """
        registry = PromptRegistry(FileSystemStorage(prompt_dir))
        manager = cls(registry, version_store, cache, metrics, observers)
        if auto_load_yaml:
            load_folder(Path(prompt_dir), registry, manager._schema_loader)
        return manager

    @property
    def registry(self) -> PromptRegistry:
        """The prompts."""
        return self._registry

    @property
    def schema_loader(self) -> SchemaLoader:
        """The schemas."""
        return self._schema_loader

    @property
    def template_engine(self) -> TemplateEngine:
        """The engine that renders the templates."""
        return self._template_engine

    def create_prompt(
        self, prompt: Prompt | Mapping[str, Any], *, changelog: str | None = None, created_by: str | None = None
    ) -> Prompt:
        """Register a prompt, and enter it in the history; the same version is replaced."""
        if not isinstance(prompt, Prompt):
            prompt = Prompt.model_validate(prompt)
        with self._lock:
            self._registry.register(prompt)
            self._remember(prompt, None, changelog, created_by)
        ask(self._cache, "invalidate", cache_pattern(prompt.id))
        return prompt

    def get_prompt(self, prompt_id: str, version: str | None = None) -> Prompt:
        """Give a copy of a prompt, in its highest version if none is named. Hand changes to ``update_prompt``."""
        return self._registry.get(prompt_id, version).with_loader(self._schema_loader)

    def update_prompt(
        self,
        prompt: Prompt,
        *,
        bump_version: bool = True,
        changelog: str | None = None,
        created_by: str | None = None,
    ) -> Prompt:
        """Register a changed prompt as the next version that is free, or as the version it says.

        The number is raised in the object that is passed. Versions that are registered do not change.
        """
        with self._lock:
            known = self._registry.exists(prompt.id)
            parent = self._registry.get_versions(prompt.id)[0] if known else None
            if bump_version:
                prompt.bump_version()
                while self._is_taken(prompt):
                    prompt.bump_version()
            self._registry.register(prompt)
            self._remember(prompt, parent, changelog, created_by)
        ask(self._cache, "invalidate", cache_pattern(prompt.id))
        return prompt

    def list_prompts(
        self,
        *,
        tags: Sequence[str] | None = None,
        status: str | None = None,
        category: str | None = None,
        format: str | None = None,
    ) -> Items[Prompt]:
        """Give the highest version of each prompt that has all of these, by id."""
        return self._registry.list(tags=tags, status=status, category=category, format=format)

    @overload
    def render(
        self,
        prompt_id: str,
        variables: Mapping[str, Any] | None = None,
        *,
        version: str | None = None,
        use_cache: bool = True,
        validate_input: bool = True,
        validate_output: Literal[False] = False,
    ) -> Text: ...
    @overload
    def render(
        self,
        prompt_id: str,
        variables: Mapping[str, Any] | None = None,
        *,
        version: str | None = None,
        use_cache: bool = True,
        validate_input: bool = True,
        validate_output: bool,
    ) -> Text | Record[Any]: ...
    def render(
        self,
        prompt_id: str,
        variables: Mapping[str, Any] | None = None,
        *,
        version: str | None = None,
        use_cache: bool = True,
        validate_input: bool = True,
        validate_output: bool = False,
    ) -> Text | Record[Any]:
        """Render a prompt.

        With ``validate_output``, and a prompt that has an output schema, the result is a dictionary of ``prompt``,
        ``output_schema``, ``prompt_id`` and ``version``.
        """
        prompt = self._registry.get(prompt_id, version)
        values: Mapping[str, Any] = {} if variables is None else variables
        if validate_input:
            values = rendering.checked_variables(prompt, values, self._schema_loader)
        around = renders.Surroundings(self._template_engine, self._cache, self._metrics, self._observers)
        text = renders.render(prompt, values, self._schema_loader, around, use_cache=use_cache)
        if validate_output and prompt.output_schema:
            return Record(prompt=text, output_schema=prompt.output_schema, prompt_id=prompt.id, version=prompt.version)
        return text

    def render_and_parse(
        self,
        prompt_id: str,
        variables: Mapping[str, Any],
        llm_response: Mapping[str, Any] | str,
        *,
        version: str | None = None,
    ) -> Any:
        """Check the variables, read the answer of a model as JSON, and check it if the prompt has an output schema."""
        self.render(prompt_id, variables, version=version)
        answer: Any = json.loads(llm_response) if isinstance(llm_response, str) else llm_response
        if self._registry.get(prompt_id, version).output_schema:
            return self.validate_output(prompt_id, answer, version=version)
        return awaitable(answer)

    def render_for_plugin(
        self, prompt_id: str, variables: Mapping[str, Any], plugin_name: str, *, version: str | None = None
    ) -> Any:
        """Render a prompt in the form of a framework, by a plugin that was registered and initialised."""
        plugin = self._plugins.get(plugin_name)
        if plugin is None:
            raise PluginNotFoundError(plugin_name)
        prompt = self.get_prompt(prompt_id, version)
        return awaitable(settle(plugin.render_for_framework(prompt, variables)))

    def validate_output(
        self, prompt_id: str, output_data: Mapping[str, Any] | str, *, version: str | None = None
    ) -> Record[Any]:
        """Check data, or the JSON that a model answered, against the output schema of a prompt.

        The name may also be that of a schema; a prompt with an output schema comes first. The result has the defaults.
        """
        return checked_output(self._registry, self._schema_loader, prompt_id, output_data, version)

    def load_schemas(self, schema_path: str | Path) -> Count:
        """Load the schemas of a file, or of all files of a folder, and give their number."""
        path = Path(schema_path)
        if path.is_file():
            return Count(len(self._schema_loader.load_file(path).schemas))
        if path.is_dir():
            return Count(sum(len(registry.schemas) for registry in self._schema_loader.load_directory(path)))
        raise ValueError(f"Schema path does not exist: {path}")

    def register_schema(self, schema: Schema | Mapping[str, Any]) -> Schema:
        """Add a schema from code, or replace the one of its name."""
        return self._schema_loader.register_schema(schema)

    def get_history(
        self, prompt_id: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Items[PromptVersion]:
        """Give the versions of a prompt made in a period, highest first; none without a version store."""
        if self._version_store is None:
            return Items()
        return Items(settle(self._version_store.get_history(prompt_id, since=since, until=until)))

    def compare_versions(self, prompt_id: str, version1: str, version2: str) -> Record[Any]:
        """Say in which parts two versions differ."""
        return comparison(self._version_store, prompt_id, version1, version2)

    def register_plugin(self, plugin: PluginProtocol) -> Done:
        """Make a plugin known under its name; it has to be initialised by you."""
        self._plugins[plugin.name] = plugin
        return DONE

    def add_observer(self, observer: object) -> Done:
        """Tell an observer from now on; it may have any of the methods of ``ObserverProtocol``."""
        self._observers = [*self._observers, observer]
        self._registry.add_observer(observer)
        return DONE

    def get_metrics(self, *, since: datetime | None = None) -> Record[Any]:
        """Give the numbers of the registry and, with a collector, of the renders."""
        metrics: Record[Any] = Record(registry=self._registry.get_stats())
        if self._metrics is not None:
            metrics["operations"] = settle(self._metrics.get_metrics(since=since))
        return metrics

    def _remember(self, prompt: Prompt, parent: str | None, changelog: str | None, created_by: str | None) -> None:
        if self._version_store is None:
            return
        version = recorded(self._version_store, prompt, parent, changelog, created_by)
        tell(self._observers, "on_version_created", version)

    def _is_taken(self, prompt: Prompt) -> bool:
        if self._registry.exists(prompt.id, prompt.version):
            return True
        return self._version_store is not None and is_recorded(self._version_store, prompt)
