"""What importing the library costs, and the names of the second distribution."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from promptsync import library

from ..conftest import ROOT

COMPAT = ROOT / "python/compat/src"
EXPORTS = {
    "prompt_manager": "PromptManager Prompt PromptMetadata PromptVersion PromptRegistry VersionStore TemplateEngine "
    "PromptError PromptManagerError PromptNotFoundError PromptValidationError TemplateError __version__",
    "prompt_manager.core.manager": "PromptManager",
    "prompt_manager.core.models": "ChatPromptTemplate Message Prompt PromptExecution PromptFormat PromptMetadata "
    "PromptSchema PromptStatus PromptTemplate PromptVersion Role",
    "prompt_manager.core.protocols": "CacheProtocol EventStreamProtocol MetricsCollectorProtocol ObserverProtocol "
    "PluginProtocol StorageBackendProtocol TemplateEngineProtocol VersionStoreProtocol",
    "prompt_manager.core.registry": "PromptRegistry",
    "prompt_manager.core.template": "TemplateEngine ChatTemplateEngine",
    "prompt_manager.storage": "FileSystemStorage InMemoryStorage YAMLLoader",
    "prompt_manager.storage.file": "FileSystemStorage",
    "prompt_manager.storage.memory": "InMemoryStorage",
    "prompt_manager.storage.yaml_loader": "YAMLLoader",
    "prompt_manager.versioning": "VersionStore",
    "prompt_manager.versioning.store": "VersionStore",
    "prompt_manager.validation": "FieldType ValidationType Schema SchemaField FieldValidator SchemaLoader "
    "CustomValidator EnumValidator LengthValidator RangeValidator RegexValidator ValidationSchema",
    "prompt_manager.validation.models": "SchemaRegistry Schema",
    "prompt_manager.validation.loader": "SchemaLoader",
    "prompt_manager.validation.validators": "BaseValidator EmailValidator URLValidator UUIDValidator DateValidator "
    "DateTimeValidator ValidatorFactory",
    "prompt_manager.exceptions": "PromptManagerError SchemaParseError TelemetryError TracingError ConversionError",
    "prompt_manager.utils": "is_async_context get_or_create_event_loop run_sync",
    "prompt_manager.utils.async_helpers": "run_sync",
    "prompt_manager.plugins": "BasePlugin PluginRegistry",
    "prompt_manager.plugins.base": "BasePlugin",
    "prompt_manager.plugins.registry": "PluginRegistry",
    "prompt_manager.plugins.openai_plugin": "OpenAIPlugin",
    "prompt_manager.plugins.anthropic_plugin": "AnthropicPlugin",
    "prompt_manager.plugins.langchain_plugin": "LangChainPlugin",
    "prompt_manager.plugins.litellm_plugin": "LiteLLMPlugin",
    "prompt_manager.observability": "LoggingObserver MetricsCollector OpenTelemetryObserver",
    "prompt_manager.integrations": "BaseIntegration OpenAIIntegration AnthropicIntegration LangChainIntegration "
    "LiteLLMIntegration",
    "prompt_manager.integrations.langchain": "LANGCHAIN_AVAILABLE LangChainIntegration",
    "prompt_manager.integrations.types": "OpenAIMessage AnthropicRequest LangChainPrompt LiteLLMCompletion",
}


@pytest.mark.parametrize("name", library.__all__)
def test_each_name_of_the_package_is_there(name: str) -> None:
    assert getattr(library, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="absent"):
        library.absent  # noqa: B018


def test_importing_the_package_imports_neither_pydantic_nor_yaml() -> None:
    program = "import sys, promptsync.library; print({'pydantic', 'yaml'} & set(sys.modules))"
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.check_output([sys.executable, "-c", program], env=surroundings, text=True).strip() == "set()"


@pytest.mark.parametrize("module", EXPORTS)
def test_the_second_distribution_has_the_names_of_the_first(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(COMPAT))
    imported = importlib.import_module(module)
    for name in EXPORTS[module].split():
        assert hasattr(imported, name), name


def test_the_names_are_the_same_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(COMPAT))
    module = importlib.import_module("prompt_manager")
    assert module.PromptManager is library.PromptManager
    assert module.TemplateError is library.TemplateError
    with pytest.raises(AttributeError):
        importlib.import_module("prompt_manager.integrations").Absent  # noqa: B018
