"""The loader of schemas, see :mod:`promptsync.library.schema_loader`."""

from promptsync.library.schema_loader import SchemaLoader

__all__ = ["SchemaLoader"]
