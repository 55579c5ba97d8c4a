"""Handlebars templates, as the library renders them."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel

from promptsync.library import ChatTemplateEngine, TemplateEngine, TemplateRenderError, TemplateSyntaxError, templates


class Colour(Enum):
    RED = "red"


class Point(BaseModel):
    x: int = 1


RENDERED: list[tuple[str, dict[str, Any], str]] = [
    ("", {}, ""),
    ("Dear {{name}},", {"name": "Ann"}, "Dear Ann,"),
    ("{{ name }}", {"name": "Ann"}, "Ann"),
    ("{{{x}}} {{&x}} {{x}}", {"x": "<&>"}, "<&> <&> <&>"),
    ("{{user.name}}", {"user": {"name": "Ann"}}, "Ann"),
    ("{{user/name}}", {"user": {"name": "Ann"}}, "Ann"),
    ("{{list.0}}{{list.[1]}}", {"list": ["a", "b"]}, "ab"),
    ("{{list.length}}", {"list": [1, 2]}, "2"),
    ("{{[two words]}}", {"two words": "x"}, "x"),
    ("{{名}}", {"名": "é"}, "é"),
    ("{{a}}{{b}}{{c}}", {"a": 1, "b": 1.0, "c": True}, "11.0true"),
    ("{{x}}", {"x": [1, "a", None]}, "[1, 'a', None]"),
    ("{{x}}", {"x": {"a": 1}}, "{'a': 1}"),
    ("{{x}}", {"x": 1e20}, "1e+20"),
    ("{{x}}", {"x": "{{y}}"}, "{{y}}"),
    ("{{#if x}}yes{{else}}no{{/if}}", {"x": []}, "no"),
    ("{{#if x}}yes{{else}}no{{/if}}", {}, "no"),
    ("{{#if a}}1{{else if b}}2{{else}}3{{/if}}", {"b": True}, "2"),
    ("{{#unless x}}no{{else}}yes{{/unless}}", {"x": 1}, "yes"),
    ("{{#each x}}{{this}},{{/each}}", {"x": [1, 2]}, "1,2,"),
    ("{{#each x}}{{@index}}{{name}} {{/each}}", {"x": [{"name": "a"}, {"name": "b"}]}, "0a 1b "),
    ("{{#each x}}{{@key}}={{this}};{{/each}}", {"x": {"b": 1, "a": 2}}, "b=1;a=2;"),
    ("{{#each x}}{{else}}none{{/each}}", {"x": []}, "none"),
    ("{{#each x}}{{../y}}{{@root.y}}{{/each}}", {"x": [1], "y": "z"}, "zz"),
    ("{{#each x}}{{#unless @last}}{{this}}+{{/unless}}{{/each}}", {"x": [1, 2]}, "1+"),
    ("{{#with a}}{{b}}{{../c}}{{/with}}", {"a": {"b": 1}, "c": 2}, "12"),
    ("{{#a}}{{b}}{{/a}}", {"a": [{"b": 1}, {"b": 2}]}, "12"),
    ("{{^a}}none{{/a}}", {"a": []}, "none"),
    ("{{lookup a k}}", {"a": {"q": "v"}, "k": "q"}, "v"),
    ("a{{! gone }}b{{!-- }} --}}c", {}, "abc"),
    ("a  {{~x~}}  b", {"x": "-"}, "a-b"),
    ("{{{{raw}}}}{{x}}{{{{/raw}}}}", {}, "{{x}}"),
    ("- {{#if x}}\n  a\n{{/if}}\nb", {"x": 1}, "- \n  a\nb"),
    ("{{#each x}}\n- {{this}}\n{{/each}}\n", {"x": [1, 2]}, "- 1\n- 2\n"),
    ('{"a": {"b": {{x}}}}', {"x": 1}, '{"a": {"b": 1}}'),
    ("{{x}}", {"x": Decimal("1.50")}, "1.50"),
    ("{{x}}", {"x": date(2024, 1, 2)}, "2024-01-02"),
    ("{{x}}", {"x": Colour.RED}, "red"),
    ("{{x.x}}", {"x": Point()}, "1"),
    ("{{x.0}}", {"x": (1, 2)}, "1"),
    ("{{x}}", {"x": 10**30}, "1" + "0" * 30),
    ("{{x.1}}", {"x": {1: "one"}}, "one"),
    ("{{x}}", {"x": "a\ud800b"}, "a?b"),
]


@pytest.mark.parametrize(("template", "variables", "text"), RENDERED)
def test_a_template_renders(template: str, variables: dict[str, Any], text: str) -> None:
    assert TemplateEngine().render(template, variables) == text


FAILING: list[tuple[str, dict[str, Any], str]] = [
    ("{{x}}", {}, "Could not find variable 'x'"),
    ("{{x}}", {"x": None}, "Could not find variable 'x'"),
    ("{{a.b}}", {"a": {}}, "Could not find object attribute 'a.b'"),
    ("{{a.b}}", {}, "Could not find object attribute 'a.b'"),
    ("{{#each x}}{{t}}{{/each}}", {"x": [{}]}, "Could not find variable 't'"),
    ("{{x.__class__}}", {"x": "a"}, "Could not find"),
    ("{{x.real}}", {"x": 3}, "Could not find"),
    ("{{> absent}}", {}, "absent"),
]


@pytest.mark.parametrize(("template", "variables", "words"), FAILING)
def test_a_render_that_fails_says_why(template: str, variables: dict[str, Any], words: str) -> None:
    with pytest.raises(TemplateRenderError, match=words):
        TemplateEngine().render(template, variables)


@pytest.mark.parametrize(
    "template",
    ["{{x", "{{", "{{x}", "{{/if}}", "{{#if x}}", "{{#if x}}{{/each}}", "{{else}}", "{{#upper x}}{{/upper}}"],
)
def test_a_template_that_is_none_is_a_syntax_error(template: str) -> None:
    for use in (TemplateEngine().validate, TemplateEngine().extract_variables):
        with pytest.raises(TemplateSyntaxError, match="Invalid template syntax"):
            use(template)
    with pytest.raises(TemplateSyntaxError):
        TemplateEngine().render(template, {"x": 1})


def test_a_template_does_not_run_code() -> None:
    with pytest.raises((TemplateRenderError, TemplateSyntaxError)):
        TemplateEngine().render("{{[a') or __import__('os').getcwd() or (u'b]}}", {"a": 1})


def test_an_error_names_the_variables_and_quotes_no_value() -> None:
    for template, value in (("{{x}} {{password}}", "hunter2"), ("{{password}} {{x}}", b"hunter2")):
        with pytest.raises(TemplateRenderError) as caught:
            TemplateEngine().render(template, {"password": value})
        error: BaseException | None = caught.value
        assert caught.value.context["variables"] == ["password"]
        while error is not None:
            assert "hunter2" not in f"{error} {error!r}"
            error = error.__cause__ or error.__context__


def test_a_value_that_cannot_be_read_is_a_render_error_without_the_value() -> None:
    class Grumpy:
        def __str__(self) -> str:
            raise RuntimeError("hunter2")

    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    endless: dict[str, Any] = {}
    endless["x"] = endless
    for value, words in ((Grumpy(), "`x` cannot be read: RuntimeError"), (deep, "deeper"), (endless, "deeper")):
        with pytest.raises(TemplateRenderError, match=words) as caught:
            TemplateEngine().render("{{#if x}}{{/if}}", {"x": value})
        assert "hunter2" not in str(caught.value)
    # Freed from the outside: a chain this long would otherwise be freed by recursion.
    while deep:
        deep = deep.pop()


def test_an_error_shows_the_beginning_of_a_long_template() -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        TemplateEngine().render("x" * 100_000, {})
    assert len(str(caught.value)) < 2000


def test_partials_are_rendered_in_their_context() -> None:
    partials = {"p": "<{{name}}>"}
    engine = TemplateEngine()
    assert engine.render("{{> p}}{{> p user}}", {"name": "a", "user": {"name": "b"}}, partials=partials) == "<a><b>"
    with pytest.raises(TemplateSyntaxError):
        engine.render("{{> p}}", {}, partials={"p": "{{#if"})


def test_a_template_is_valid_before_its_partials_are_known() -> None:
    assert TemplateEngine().validate("{{> p}} {{> dir/q x=1}} {{>r}}")
    assert TemplateEngine().extract_variables("{{b}} {{#each a.x}}{{y}}{{/each}}{{> p}}") == ["a", "b"]


def test_messages_keep_what_they_hold_beside_the_content() -> None:
    messages = [{"role": "user", "content": "Hi {{a}}", "name": "x"}, {"role": "tool"}]
    assert ChatTemplateEngine().render_messages(messages, {"a": 1}) == [
        {"role": "user", "content": "Hi 1", "name": "x"},
        {"role": "tool", "content": ""},
    ]
    assert ChatTemplateEngine().extract_variables_from_messages(messages) == ["a"]


def test_helpers_of_your_own_are_refused() -> None:
    with pytest.raises(NotImplementedError):
        TemplateEngine().register_helper("shout", str.upper)


def test_compiled_templates_are_kept_but_not_without_end() -> None:
    for number in range(templates._MOST_COMPILED + 50):
        TemplateEngine().render(f"template {number}", {})
    assert len(templates._compiled) == templates._MOST_COMPILED


def test_threads_render_without_disturbing_each_other() -> None:
    failures: list[object] = []

    def render(number: int) -> None:
        for turn in range(60):
            text = TemplateEngine().render(f"{number} {{{{x}}}} {turn % 7}", {"x": turn})
            if text != f"{number} {turn} {turn % 7}":
                failures.append(text)

    threads = [threading.Thread(target=render, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
