"""Templates in Handlebars: see ``docs/reference/handlebars.md`` for the language.

>>> TemplateEngine().render("Hello {{name}}!", {"name": "World"})
'Hello World!'
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from promptsync import errors
from promptsync._awaitable import Items, Text
from promptsync.library.exceptions import TemplateRenderError, TemplateSyntaxError, shortened
from promptsync.library.plain_values import plain_variables

if TYPE_CHECKING:
    from promptsync._core import Template

# A process with more templates than this compiles some again; a compiled one is a few times the size of its source.
_MOST_COMPILED = 512

_PARTIAL = re.compile(r"\{\{~?\s*>\s*([^\s(){}~]+)")

_Key = tuple[str, tuple[tuple[str, str], ...]]
_compiled: OrderedDict[_Key, Template] = OrderedDict()
_lock = threading.Lock()


class TemplateEngine:
    """Renders templates. Compiled templates are shared by all engines of the process."""

    def render(self, template: str, variables: Mapping[str, Any], *, partials: Mapping[str, str] | None = None) -> Text:
        """Render a template.

        A template that does not follow the language, also in a partial, is a ``TemplateSyntaxError``; whatever fails
        with these variables, a missing one above all, is a ``TemplateRenderError``.
        """
        try:
            return Text(_compile(template, partials).render(plain_variables(variables)))
        except TemplateSyntaxError as error:
            if getattr(error.__cause__, "code", None) != "partial_not_declared":
                raise
            raise TemplateRenderError(template, variables, LookupError(error.message)) from error.__cause__
        except errors.MissingVariableError as error:
            raise TemplateRenderError(template, variables, LookupError(_missing(error))) from error
        except (errors.PromptSyncError, ValueError) as error:
            raise TemplateRenderError(template, variables, error) from error

    def validate(self, template: str) -> bool:
        """Give ``True`` for a template that follows the language, and raise ``TemplateSyntaxError`` for another.

        A plain ``bool``, not to be awaited: programs compare it by ``is True``.
        """
        _compile(template, _empty_partials(template))
        return True

    def extract_variables(self, template: str) -> Items[str]:
        """Give the variables that a template reads, sorted.

        >>> TemplateEngine().extract_variables("{{b}} {{#if a}}{{c.d}}{{/if}}")
        ['a', 'b', 'c']
        """
        return Items(sorted(_compile(template, _empty_partials(template)).variables))

    def register_helper(self, name: str, helper_fn: object) -> NoReturn:
        """Refuse: code in a template would give the template the rights of the program."""
        raise NotImplementedError("Helpers of your own are not supported; compute the value and pass it as a variable")


class ChatTemplateEngine:
    """Renders the contents of messages."""

    def __init__(self, engine: TemplateEngine | None = None) -> None:
        self._engine = engine or TemplateEngine()

    def render_messages(
        self, messages: Iterable[Mapping[str, Any]], variables: Mapping[str, Any]
    ) -> Items[dict[str, Any]]:
        """Render each message; what it holds beside its content is kept.

        >>> ChatTemplateEngine().render_messages([{"role": "user", "content": "Hi {{a}}"}], {"a": "you"})
        [{'role': 'user', 'content': 'Hi you'}]
        """
        return Items(
            {**message, "content": str(self._engine.render(message.get("content") or "", variables))}
            for message in messages
        )

    def extract_variables_from_messages(self, messages: Iterable[Mapping[str, Any]]) -> Items[str]:
        """Give the variables that the messages read, sorted."""
        names = {name for message in messages for name in self._engine.extract_variables(message.get("content") or "")}
        return Items(sorted(names))


def _empty_partials(template: str) -> dict[str, str]:
    """Give an empty partial for each that a template names: whether it exists is known only when it is rendered."""
    return {match.group(1).strip("'\"[]"): "" for match in _PARTIAL.finditer(template)}


def _missing(error: errors.MissingVariableError) -> str:
    if not error.names:
        return error.message
    found = (f"object attribute '{name}'" if "." in name else f"variable '{name}'" for name in error.names)
    return f"Could not find {' or '.join(found)}"


def _compile(template: str, partials: Mapping[str, str] | None) -> Template:
    key: _Key = (template, tuple(sorted(partials.items())) if partials else ())
    with _lock:
        compiled = _compiled.get(key)
        if compiled is not None:
            _compiled.move_to_end(key)
            return compiled

    # Outside the lock: two threads may compile the same template at first, which is better than waiting for each other.
    compiled = _new_template(template, partials)
    with _lock:
        _compiled[key] = compiled
        _compiled.move_to_end(key)
        while len(_compiled) > _MOST_COMPILED:
            _compiled.popitem(last=False)
    return compiled


def _new_template(template: str, partials: Mapping[str, str] | None) -> Template:
    from promptsync._core import Template

    try:
        return Template(template, engine="handlebars", partials=dict(partials) if partials else None)
    except errors.TemplateError as error:
        raise TemplateSyntaxError(f"Invalid template syntax: {error}", template=shortened(template)) from error
