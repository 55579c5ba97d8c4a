"""How a prompt looks in a notebook.

The page is made of one card for each message. Everything that comes from a prompt is escaped, nothing is loaded from
anywhere, and the colours follow the reader's system.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, TypeAlias

from promptsync.conversions.message import Message

Span: TypeAlias = tuple[int, int, str]
"""Where a variable stands in a content: its first character, the one after its last, and its name."""

# The title stands on the page's own ground and takes its colour: a notebook may be light on a dark system.
_STYLE = """\
<style>
.promptsync{--ink:#1c2530;--card:#fff;--line:#d5dbe3;--mark:#fdf0c4;--badge:#e8ecf2;
font:14px/1.5 system-ui,sans-serif;max-width:60em}
.promptsync article,.promptsync pre{background:var(--card);border:1px solid var(--line);border-radius:6px;
color:var(--ink);margin:0 0 8px}
.promptsync article{padding:8px 12px}
.promptsync pre{font:13px/1.5 ui-monospace,monospace;padding:8px 12px;white-space:pre-wrap;
overflow-wrap:anywhere}
.promptsync article pre{background:none;border:0;margin:4px 0 0;padding:0}
.promptsync header{margin:0 0 8px}
.promptsync b{background:var(--badge);border-radius:4px;font-weight:600;padding:1px 8px}
.promptsync i{font-style:normal;margin-left:8px;opacity:.7}
.promptsync mark{background:var(--mark);border-radius:3px;color:inherit}
.promptsync-user{--badge:#d9e8fd}.promptsync-assistant{--badge:#d8f3e1}
.promptsync-system,.promptsync-developer{--badge:#ece0fb}.promptsync-tool,.promptsync-function{--badge:#fbe5d3}
@media (prefers-color-scheme:dark){
.promptsync{--ink:#e4e9f0;--card:#161b22;--line:#343d49;--mark:#5a4a12;--badge:#2b333e}
.promptsync-user{--badge:#1d3a5f}.promptsync-assistant{--badge:#1c4a30}
.promptsync-system,.promptsync-developer{--badge:#43306b}.promptsync-tool,.promptsync-function{--badge:#5c3a1d}}
</style>"""

_COLOURED = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


def prompt_html(
    rendered: str | Iterable[Message],
    *,
    spans: Sequence[Sequence[Span]] = (),
    name: str | None = None,
    version: str | None = None,
) -> str:
    """Draws a text or messages as HTML that can be shown anywhere.

    Args:
        rendered: A text, or messages.
        spans: Where variables were put in, to be highlighted: a list for each message; a text counts as one. A span
            that does not fit, or overlaps one before it, is left out.
        name: The prompt's name, for the title.
        version: The prompt's version, shown beside the name.

    >>> '<mark title="name">&lt;Ada&gt;</mark>' in prompt_html("Hello <Ada>", spans=[[(6, 11, "name")]])
    True
    """
    parts = [_STYLE, '<div class="promptsync">', _title(name, version)]
    if isinstance(rendered, str):
        parts.append(_body(rendered, spans[0] if spans else ()))
    else:
        for index, message in enumerate(rendered):
            parts.append(_card(message, spans[index] if index < len(spans) else ()))
    parts.append("</div>")
    return "".join(parts)


def template_html(body: str | list[dict[str, Any]], *, name: str | None = None, version: str | None = None) -> str:
    """Draws what a prompt says before it is filled, with its variables highlighted.

    >>> '<mark title="name">{{ name }}</mark>' in template_html("Dear {{ name }},")
    True
    """
    if isinstance(body, str):
        return prompt_html(body, spans=[_variables(body)], name=name, version=version)
    messages: list[Any] = [
        {"role": "placeholder", "content": "{{ " + one["placeholder"] + " }}"} if "placeholder" in one else one
        for one in body
    ]
    spans = [_variables(message["content"]) for message in messages]
    return prompt_html(messages, spans=spans, name=name, version=version)


def prompt_markdown(rendered: str | Iterable[Message]) -> str:
    """Writes a text or messages as Markdown in which nothing of a content is taken for markup.

    >>> print(prompt_markdown([{"role": "user", "content": "Hello"}]))
    **user**
    <BLANKLINE>
    ```text
    Hello
    ```
    """
    if isinstance(rendered, str):
        return _fenced(rendered)
    return "\n\n".join(f"**{_plain(message)}**\n\n{_fenced(message['content'])}" for message in rendered)


def _title(name: str | None, version: str | None) -> str:
    words = [f"<strong>{escape(name)}</strong>"] if name else []
    if version:
        words.append(f"<i>{escape(version)}</i>")
    return f"<header>{''.join(words)}</header>" if words else ""


def _card(message: Message, spans: Sequence[Span]) -> str:
    role = str(message["role"])
    # A role is a class only when it is known, so that no other text becomes part of the style.
    style = f' class="promptsync-{role}"' if role in _COLOURED else ""
    speaker = message.get("name")
    label = f"<i>{escape(speaker)}</i>" if speaker else ""
    return f"<article{style}><b>{escape(role)}</b>{label}{_body(message['content'], spans)}</article>"


def _body(content: str, spans: Sequence[Span]) -> str:
    parts: list[str] = []
    position = 0
    for start, end, variable in sorted(spans):
        if position <= start < end <= len(content):
            parts.append(escape(content[position:start]))
            parts.append(f'<mark title="{escape(variable)}">{escape(content[start:end])}</mark>')
            position = end
    parts.append(escape(content[position:]))
    # HTML drops the first line end of a `pre`, so one is given for it to drop.
    return f'<pre dir="auto">\n{"".join(parts)}</pre>'


def _plain(message: Message) -> str:
    """Role and name, without the characters that mean something in Markdown."""
    words = " · ".join(str(part) for part in (message["role"], message.get("name")) if part)
    return re.sub(r"[^\w· .-]", "", words)


def _fenced(content: str) -> str:
    # A fence ends at the first run of backticks that is as long, so ours is longer than any inside.
    longest = max((len(run) for run in re.findall("`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{content}\n{fence}"


def _variables(template: str) -> list[Span]:
    found = re.finditer(r"\{\{[^{}]*\}\}", template)
    return [(place.start(), place.end(), place.group()[2:-2].strip()) for place in found]
