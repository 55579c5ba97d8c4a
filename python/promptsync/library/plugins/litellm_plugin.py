"""The plugin for LiteLLM."""

from __future__ import annotations

from typing import ClassVar

from promptsync.library.integrations.litellm import LiteLLMIntegration
from promptsync.library.plugins.integration_plugin import IntegrationPlugin
from promptsync.library.templates import TemplateEngine


class LiteLLMPlugin(IntegrationPlugin):
    """Renders prompts for LiteLLM.

    >>> LiteLLMPlugin()
    LiteLLMPlugin(name='litellm', version='1.0.0')
    """

    framework: ClassVar[str] = "litellm"
    title: ClassVar[str] = "LiteLLM"

    def _make_integration(self, strict_validation: bool) -> LiteLLMIntegration:
        return LiteLLMIntegration(TemplateEngine(), strict_validation=strict_validation)
