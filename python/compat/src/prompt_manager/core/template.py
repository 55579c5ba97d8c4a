"""The template engines, see :mod:`promptsync.library.templates`."""

from promptsync.library.templates import ChatTemplateEngine, TemplateEngine

__all__ = ["ChatTemplateEngine", "TemplateEngine"]
