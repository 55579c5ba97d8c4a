"""The plugin for Anthropic."""

from __future__ import annotations

from typing import ClassVar

from promptsync.library.integrations.anthropic import AnthropicIntegration
from promptsync.library.plugins.integration_plugin import IntegrationPlugin
from promptsync.library.templates import TemplateEngine


class AnthropicPlugin(IntegrationPlugin):
    """Renders prompts for Anthropic.

    >>> AnthropicPlugin()
    AnthropicPlugin(name='anthropic', version='1.0.0')
    """

    framework: ClassVar[str] = "anthropic"
    title: ClassVar[str] = "Anthropic"

    def _make_integration(self, strict_validation: bool) -> AnthropicIntegration:
        return AnthropicIntegration(TemplateEngine(), strict_validation=strict_validation)
