"""What may take the place of the parts of the manager, see :mod:`promptsync.library.protocols`."""

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

__all__ = [
    "CacheProtocol",
    "EventStreamProtocol",
    "MetricsCollectorProtocol",
    "ObserverProtocol",
    "PluginProtocol",
    "StorageBackendProtocol",
    "TemplateEngineProtocol",
    "VersionStoreProtocol",
]
