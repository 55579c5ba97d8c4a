"""The plugin for LangChain."""

from __future__ import annotations

from typing import ClassVar

from promptsync.library.integrations.langchain import LangChainIntegration
from promptsync.library.plugins.integration_plugin import IntegrationPlugin
from promptsync.library.templates import TemplateEngine


class LangChainPlugin(IntegrationPlugin):
    """Renders prompts for LangChain.

    >>> LangChainPlugin()
    LangChainPlugin(name='langchain', version='1.0.0')
    """

    framework: ClassVar[str] = "langchain"
    title: ClassVar[str] = "LangChain"

    def _make_integration(self, strict_validation: bool) -> LangChainIntegration:
        return LangChainIntegration(TemplateEngine(), strict_validation=strict_validation)
