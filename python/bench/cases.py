"""The templates that are measured, and the values that fill them.

Each is written once, in Jinja; the other languages get the same text in their own marks. Values hold nothing that any of
them would escape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_MARK = re.compile(r"\{\{ (\w+) \}\}")
_SENTENCE = (
    "You answer {{ customer }} on behalf of {{ company }} about {{ issue }}, in a {{ tone }} tone and with {{ detail }} "
    "reasons. Say what happened, what the next step is and who takes it; when the records do not tell, say so. "
)
_SHORT = (
    "You help {{ customer }}, who is a customer of {{ company }}, with {{ issue }}. "
    "Write in a {{ tone }} tone, give {{ detail }} reasons, and end with one question."
)
_LIST = (
    "{% if premium %}The customer comes first in every queue.{% else %}The usual queue is good enough.{% endif %} "
    "So far: {% for entry in history %}{{ entry.who }} wrote: {{ entry.text }} {% endfor %}"
)
_FILLING = "Read the record again before the answer goes out. "
# How Jinja's marks are written in Handlebars.
_HANDLEBARS = {
    "{% if premium %}": "{{#if premium}}",
    "{% else %}": "{{else}}",
    "{% endif %}": "{{/if}}",
    "{% for entry in history %}": "{{#each history}}",
    "{% endfor %}": "{{/each}}",
    "{{ entry.": "{{ this.",
}

_WORDS = {
    "customer": "Mara Lindqvist",
    "company": "Northwind Traders",
    "issue": "a parcel that did not arrive",
    "tone": "friendly",
    "detail": "short",
}
_HISTORY = {
    "premium": True,
    "history": [
        {"who": f"clerk {number}", "text": f"The parcel left depot {number} on Monday morning."} for number in range(5)
    ],
}


@dataclass(frozen=True)
class Case:
    """A template with its values."""

    name: str
    template: str
    values: dict[str, Any]

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing in it but variables."""
        return "{%" not in self.template

    @property
    def handlebars(self) -> str:
        """The same in Handlebars."""
        text = self.template
        for jinja, handlebars in _HANDLEBARS.items():
            text = text.replace(jinja, handlebars)
        return text.replace("{{ ", "{{").replace(" }}", "}}")

    @property
    def braces(self) -> str:
        """The same for ``str.format``: variables alone."""
        return in_braces(self.template)


def in_braces(template: str) -> str:
    """A template of variables alone, as ``str.format`` has it."""
    return _MARK.sub(r"{\1}", template)


def _sized(size: int, block: str) -> str:
    """The block as often as it fits, then sentences up to the size."""
    text = block * (size // len(block))
    return (text + _FILLING * ((size - len(text)) // len(_FILLING))).rstrip()


T1 = Case("T1", _SHORT, _WORDS)
T2 = Case("T2", _sized(1 << 10, _SENTENCE), _WORDS)
T3 = Case("T3", _sized(1 << 10, _SENTENCE + _SENTENCE + _LIST), _WORDS | _HISTORY)
T4 = Case("T4", _sized(50 << 10, _SENTENCE + _SENTENCE + _LIST), _WORDS | _HISTORY)
CASES = (T1, T2, T3, T4)

#: A template that prints values of 50 KB: five that are passed by name.
LARGE = Case(
    "large",
    "".join(f"Document {name}: {{{{ {name} }}}} " for name in "abcde").rstrip(),
    {name: (_FILLING * 210)[: 10 << 10] for name in "abcde"},
)
#: The same in a list of fifty.
LISTED = Case(
    "listed",
    "{% for document in documents %}{{ document.title }}: {{ document.text }} {% endfor %}",
    {"documents": [{"title": f"Page {number}", "text": (_FILLING * 21)[: 1 << 10]} for number in range(50)]},
)

#: A chat of four messages: role and content.
CHAT = (
    ("system", "You answer for {{ company }}, in a {{ tone }} tone and with {{ detail }} reasons."),
    ("user", "My name is {{ customer }}, and I write about {{ issue }}."),
    ("assistant", "Good morning {{ customer }}, let me look into {{ issue }}."),
    ("user", "Thank you. What will {{ company }} do about {{ issue }} now?"),
)
CHAT_VALUES = _WORDS
