"""The class that integrations inherit from."""

from promptsync.library.integrations.base import BaseIntegration

__all__ = ["BaseIntegration"]
