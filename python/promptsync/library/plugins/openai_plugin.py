"""The plugin for OpenAI."""

from __future__ import annotations

from typing import ClassVar

from promptsync.library.integrations.openai import OpenAIIntegration
from promptsync.library.plugins.integration_plugin import IntegrationPlugin
from promptsync.library.templates import TemplateEngine


class OpenAIPlugin(IntegrationPlugin):
    """Renders prompts for OpenAI.

    >>> OpenAIPlugin()
    OpenAIPlugin(name='openai', version='1.0.0')
    """

    framework: ClassVar[str] = "openai"
    title: ClassVar[str] = "OpenAI"

    def _make_integration(self, strict_validation: bool) -> OpenAIIntegration:
        return OpenAIIntegration(TemplateEngine(), strict_validation=strict_validation)
