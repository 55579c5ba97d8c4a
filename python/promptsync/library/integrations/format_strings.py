"""From a Handlebars template to a format string of Python, ``Hello {name}``."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from promptsync.library.exceptions import PromptManagerError

if TYPE_CHECKING:
    from promptsync.library.protocols import TemplateEngineProtocol

# Blocks, inverse blocks and helpers: what decides, loops or looks up, which a format string cannot. The end of a raw
# block, `{{{{/raw}}}}`, is none of them.
_LOGIC = re.compile(r"(?<!\{\{)\{\{~?\s*(?:[#^/]|else\b|lookup\s|log\s)[^}]*\}*")


class InexpressibleError(ValueError):
    """The template does what a format string cannot; the text says what."""


def format_string(engine: TemplateEngineProtocol, template: str, partials: Mapping[str, str]) -> str:
    """Give the format string that says the same as a template with plain variables.

    The engine itself reads the template, with a marker in place of each variable. Partials, comments, escapes and white
    space are therefore what they are when the template is rendered.

    >>> from promptsync.library import TemplateEngine
    >>> format_string(TemplateEngine(), 'Answer {{name}} in JSON: {"mood": 1}', {})
    'Answer {name} in JSON: {{"mood": 1}}'
    """
    sources = [template, *partials.values()]
    for source in sources:
        logic = _LOGIC.search(source)
        if logic is not None:
            raise InexpressibleError(f"`{logic[0]}` is more than a variable")
    try:
        names = sorted({name for source in sources for name in engine.extract_variables(source)})
        markers = _markers(names)
        text = str(engine.render(template, markers, partials=partials or None))
    except PromptManagerError as error:
        raise InexpressibleError(error.message) from error
    text = text.replace("{", "{{").replace("}", "}}")
    for name, marker in markers.items():
        if marker not in text:
            continue
        if not name.isidentifier():
            raise InexpressibleError(f"`{name}` is not a name that a format string can have")
        text = text.replace(marker, f"{{{name}}}")
    return text


def _markers(names: list[str]) -> dict[str, str]:
    # Random, so that no text can hold one by accident or on purpose.
    key = secrets.token_hex(8)
    return {name: f"\N{START OF TEXT}{key}.{index}\N{END OF TEXT}" for index, name in enumerate(names)}
