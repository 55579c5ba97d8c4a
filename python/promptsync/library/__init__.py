"""The prompt manager for Python programs: prompts in YAML files, schemas, versions, templates.

It needs ``pip install 'promptsync[library]'``, and works without a server. Importing the package costs nothing: each
name is loaded when it is first used.

>>> from promptsync import library
>>> library.PromptManager.__name__
'PromptManager'
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from promptsync.library.exceptions import (
        ConversionError,
        IncompatibleFormatError,
        IntegrationError,
        IntegrationNotAvailableError,
        ObservabilityError,
        PluginError,
        PluginLoadError,
        PluginNotFoundError,
        PluginValidationError,
        PromptError,
        PromptManagerError,
        PromptNotFoundError,
        PromptValidationError,
        SchemaError,
        SchemaParseError,
        SchemaValidationError,
        StorageError,
        StorageReadError,
        StorageWriteError,
        TelemetryError,
        TemplateError,
        TemplateRenderError,
        TemplateSyntaxError,
        TracingError,
        VersionConflictError,
        VersionError,
        VersionNotFoundError,
    )
    from promptsync.library.manager import PromptManager
    from promptsync.library.models import (
        ChatPromptTemplate,
        Message,
        PromptExecution,
        PromptFormat,
        PromptMetadata,
        PromptStatus,
        PromptTemplate,
        Role,
    )
    from promptsync.library.prompts import Prompt, PromptSchema, PromptVersion
    from promptsync.library.protocols import (
        CacheProtocol,
        EventStreamProtocol,
        MetricsCollectorProtocol,
        ObserverProtocol,
        PluginProtocol,
        StorageBackendProtocol,
        TemplateEngineProtocol,
        VersionStoreProtocol,
    )
    from promptsync.library.registry import PromptRegistry
    from promptsync.library.schema_loader import SchemaLoader
    from promptsync.library.schemas import (
        FieldType,
        FieldValidator,
        Schema,
        SchemaField,
        SchemaRegistry,
        ValidationSchema,
        ValidationType,
    )
    from promptsync.library.storage import FileSystemStorage, InMemoryStorage, YAMLLoader
    from promptsync.library.templates import ChatTemplateEngine, TemplateEngine
    from promptsync.library.validator_factory import ValidatorFactory
    from promptsync.library.validators import (
        BaseValidator,
        CustomValidator,
        DateTimeValidator,
        DateValidator,
        EmailValidator,
        EnumValidator,
        LengthValidator,
        RangeValidator,
        RegexValidator,
        URLValidator,
        UUIDValidator,
    )
    from promptsync.library.versions import VersionStore

__all__ = [
    "BaseValidator",
    "CacheProtocol",
    "ChatPromptTemplate",
    "ChatTemplateEngine",
    "ConversionError",
    "CustomValidator",
    "DateTimeValidator",
    "DateValidator",
    "EmailValidator",
    "EnumValidator",
    "EventStreamProtocol",
    "FieldType",
    "FieldValidator",
    "FileSystemStorage",
    "InMemoryStorage",
    "IncompatibleFormatError",
    "IntegrationError",
    "IntegrationNotAvailableError",
    "LengthValidator",
    "Message",
    "MetricsCollectorProtocol",
    "ObservabilityError",
    "ObserverProtocol",
    "PluginError",
    "PluginLoadError",
    "PluginNotFoundError",
    "PluginProtocol",
    "PluginValidationError",
    "Prompt",
    "PromptError",
    "PromptExecution",
    "PromptFormat",
    "PromptManager",
    "PromptManagerError",
    "PromptMetadata",
    "PromptNotFoundError",
    "PromptRegistry",
    "PromptSchema",
    "PromptStatus",
    "PromptTemplate",
    "PromptValidationError",
    "PromptVersion",
    "RangeValidator",
    "RegexValidator",
    "Role",
    "Schema",
    "SchemaError",
    "SchemaField",
    "SchemaLoader",
    "SchemaParseError",
    "SchemaRegistry",
    "SchemaValidationError",
    "StorageBackendProtocol",
    "StorageError",
    "StorageReadError",
    "StorageWriteError",
    "TelemetryError",
    "TemplateEngine",
    "TemplateEngineProtocol",
    "TemplateError",
    "TemplateRenderError",
    "TemplateSyntaxError",
    "TracingError",
    "URLValidator",
    "UUIDValidator",
    "ValidationSchema",
    "ValidationType",
    "ValidatorFactory",
    "VersionConflictError",
    "VersionError",
    "VersionNotFoundError",
    "VersionStore",
    "VersionStoreProtocol",
    "YAMLLoader",
]

# In which module each of them is.
_MODULES = {
    "exceptions": """
        ConversionError IncompatibleFormatError IntegrationError IntegrationNotAvailableError
        ObservabilityError PluginError PluginLoadError PluginNotFoundError PluginValidationError PromptError
        PromptManagerError PromptNotFoundError PromptValidationError SchemaError SchemaParseError
        SchemaValidationError StorageError StorageReadError StorageWriteError TelemetryError TemplateError
        TemplateRenderError TemplateSyntaxError TracingError VersionConflictError VersionError
        VersionNotFoundError
    """,
    "manager": "PromptManager",
    "models": """
        ChatPromptTemplate Message PromptExecution PromptFormat PromptMetadata PromptStatus PromptTemplate
        Role
    """,
    "prompts": "Prompt PromptSchema PromptVersion",
    "protocols": """
        CacheProtocol EventStreamProtocol MetricsCollectorProtocol ObserverProtocol PluginProtocol
        StorageBackendProtocol TemplateEngineProtocol VersionStoreProtocol
    """,
    "registry": "PromptRegistry",
    "schema_loader": "SchemaLoader",
    "schemas": "FieldType FieldValidator Schema SchemaField SchemaRegistry ValidationSchema ValidationType",
    "storage": "FileSystemStorage InMemoryStorage YAMLLoader",
    "templates": "ChatTemplateEngine TemplateEngine",
    "validator_factory": "ValidatorFactory",
    "validators": """
        BaseValidator CustomValidator DateTimeValidator DateValidator EmailValidator EnumValidator
        LengthValidator RangeValidator RegexValidator URLValidator UUIDValidator
    """,
    "versions": "VersionStore",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}

# Who wants the notices of the library asks for them; nothing goes to the terminal by itself.
logging.getLogger("promptsync.library").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
