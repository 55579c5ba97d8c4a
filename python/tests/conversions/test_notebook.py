"""What a notebook shows of a prompt is safe to show and complete."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from promptsync.notebook import Span, prompt_html, prompt_markdown, template_html
from promptsync.rendered import Message, Messages, Text

HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;"


class Page(HTMLParser):
    """The elements of a page, and its text without the style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def test_every_message_has_a_card_with_its_role_name_and_content(chat: Messages) -> None:
    page = Page(chat._repr_html_())
    assert page.tags.count("article") == len(chat)
    assert page.open == []
    for message in chat:
        assert message["role"] in page.text
        assert message["content"] in page.text
    assert "ada" in page.text


@pytest.mark.parametrize(
    "html",
    [
        Text(HOSTILE)._repr_html_(),
        Messages([{"role": "user", "content": HOSTILE, "name": HOSTILE}])._repr_html_(),
        prompt_html("x", spans=[[(0, 1, HOSTILE)]], name=HOSTILE, version=HOSTILE),
    ],
)
def test_nothing_of_a_prompt_becomes_markup(html: str) -> None:
    page = Page(html)
    assert {"script", "img"}.isdisjoint(page.tags)
    assert all(not name.startswith("on") for name, _ in page.attributes)
    assert "<script" not in html


def test_a_role_that_nobody_knows_is_shown_but_styles_nothing() -> None:
    message: Message = {"role": '"><script>', "content": "x"}  # type: ignore[typeddict-item]
    page = Page(prompt_html([message]))
    assert "script" not in page.tags
    assert '"><script>' in page.text


def test_the_page_loads_nothing_and_knows_dark_mode(chat: Messages) -> None:
    html = chat._repr_html_()
    assert all(word not in html for word in ("http", "url(", "@import", "src="))
    assert "prefers-color-scheme:dark" in html


@pytest.mark.parametrize("content", ["\n\nHello\n", "  Hello\t世界"])
def test_white_space_is_kept(content: str) -> None:
    # The parser does not drop the line end after `<pre>`, a browser does.
    assert Page(Text(content)._repr_html_()).text == f"\n{content}"


@pytest.mark.parametrize(
    ("spans", "marked"),
    [
        ([(6, 9, "name")], ["Ada"]),
        ([(10, 12, "b"), (6, 9, "a")], ["Ada", "of"]),
        ([(6, 9, "a"), (8, 12, "overlaps")], ["Ada"]),
        ([(6, 99, "too far"), (-3, 2, "before"), (4, 4, "empty")], []),
    ],
)
def test_spans_are_highlighted_and_the_text_stays_whole(spans: list[Span], marked: list[str]) -> None:
    html = prompt_html("Hello Ada of <b>", spans=[spans])
    assert Page(html).text == "\nHello Ada of <b>"
    assert [piece.partition(">")[2].partition("<")[0] for piece in html.split("<mark ")[1:]] == marked


def test_each_message_has_its_own_spans() -> None:
    chat = Messages([{"role": "system", "content": "You are Bo."}, {"role": "user", "content": "I am Ada."}])
    html = prompt_html(chat, spans=[[], [(5, 8, "name")]], name="team/hello", version="1.2.0")
    assert html.count("<mark ") == 1
    assert '<mark title="name">Ada</mark>' in html
    assert "team/hello" in html
    assert "1.2.0" in html


def test_a_template_is_shown_with_its_variables_and_placeholders() -> None:
    body: list[dict[str, Any]] = [
        {"role": "system", "content": "Help {{ <b> }}."},
        {"placeholder": "history", "optional": True},
    ]
    html = template_html(body, name="support", version="1.2.0")
    page = Page(html)
    assert page.tags.count("mark") == 2
    assert page.tags.count("b") == 2
    assert "{{ <b> }}" in page.text
    assert "{{ history }}" in page.text
    assert "1.2.0" in page.text


def test_markdown_fences_what_contains_fences() -> None:
    assert prompt_markdown("a\n```\nb") == "````text\na\n```\nb\n````"


def test_markdown_names_the_speakers_without_markup() -> None:
    chat = Messages([{"role": "user", "content": "Hello", "name": "a*da<i>"}])
    assert chat._repr_markdown_().startswith("**user · adai**\n")
