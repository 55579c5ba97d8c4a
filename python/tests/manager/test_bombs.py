"""Templates made to read what they should not, or to take the process with them: each is refused with its code."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from promptsync import PromptSyncError
from promptsync.testing import FakePromptManager

#: What a thread of a small host has.
SMALL_STACK = 128 << 10

VALUES = {"name": "Ann", "items": ["a", "b"], "fields": {"a": 1}}

JINJA = [
    ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "template_undefined"),
    ("{{ self.__init__.__globals__.__builtins__.__import__('os').popen('id').read() }}", "template_undefined"),
    ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "template_undefined"),
    ("{{ ''|attr('__class__') }}", "forbidden_filter"),
    ("{{ '{0.__class__}'.format(1) }}", "unknown_function"),
    ("{{ debug() }}", "unknown_function"),
    ("{{ config.items() }}", "missing_variable"),
    ("{{ lipsum.__globals__ }}", "template_undefined"),
    ("{% include '../../etc/passwd' %}", "include_not_declared"),
    ("{% import 'os' as os %}", "include_not_declared"),
    ("{% extends other %}", "dynamic_include_forbidden"),
    ("{% for i in range(100000) %}x{% endfor %}", "range_too_large"),
    ("{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}", "render_limit"),
    ("{{ 'a' * 100000000 }}", "render_limit"),
    (
        "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(40) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "render_limit",
    ),
    ("{{ items|slice(1000000000)|list }}", "argument_out_of_range"),
    ("{{ ([0] * 50000000)|sort|length }}", "render_limit"),
    ("{% for i in items recursive %}{{ loop(items) }}{% endfor %}", "recursion_limit"),
    ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "recursion_limit"),
    ("{{ " + "-" * 4_882 + "1 }}", "expression_too_complex"),
    ("{% if 0 %}" + "{%elif 0%}" * 1_855 + "{% endif %}", "expression_too_complex"),
    ("{{ name" + ".a" * 8_202 + " }}", "expression_too_complex"),
    ("{{ name" + "|e" * 8_202 + " }}", "expression_too_complex"),
    ("{{ name" + " and 1" * 6_640 + " }}", "expression_too_complex"),
    ("{{ " + "(" * 30_000, "nesting_limit"),
    ("{% if 1 %}" * 3_000 + "{% endif %}" * 3_000, "nesting_limit"),
    ("{{ name", "template_syntax"),
    ("{# name", "template_syntax"),
    ("{{ 10 ** 1000000 }}", "template_operation"),
    ("{{ 1 // 0 }}", "template_operation"),
    ("{{ items[::0] }}", "template_operation"),
    ("x" * 65_537, "template_too_large"),
]

HANDLEBARS = [
    ("{{#if name}}" * 1_600 + "{{/if}}" * 1_600, "nesting_limit"),
    ("{{" + "(not " * 1_600 + "name" + ")" * 1_600 + "}}", "nesting_limit"),
    ("{{> ../../etc/passwd}}", "partial_not_declared"),
    ('{{> (lookup this "name")}}', "dynamic_partial_forbidden"),
    ("{{nope 1 2}}", "unknown_helper"),
    ("{{#if name}}a{{/each}}", "template_syntax"),
    ("{% for i in items %}{% endfor %}", "wrong_engine"),
]

BOMBS = [("jinja", *row) for row in JINJA] + [("handlebars", *row) for row in HANDLEBARS]


def filled(engine: str, template: str) -> object:
    return FakePromptManager({"bomb": {"engine": engine, "content": template}}).get("bomb").format(**VALUES)


@pytest.mark.parametrize(("engine", "template", "code"), BOMBS, ids=lambda value: value[:40])
def test_a_bomb_is_refused_with_its_code_on_a_thread_with_little_stack(engine, template, code):
    outcomes: list[object] = []

    def attempt() -> None:
        try:
            outcomes.append(filled(engine, template))
        except PromptSyncError as error:
            outcomes.append(error)

    before = threading.stack_size(SMALL_STACK)
    try:
        thread = threading.Thread(target=attempt)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    (outcome,) = outcomes
    assert isinstance(outcome, PromptSyncError), repr(outcome)[:200]
    assert outcome.code == code
    assert len(str(outcome)) < 2_000


def test_all_bombs_together_leave_an_interpreter_of_little_memory_alive(tmp_path):
    script = tmp_path / "bombs.py"
    script.write_text(
        f"""
import resource, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.manager.test_bombs import BOMBS, filled
from promptsync import PromptSyncError
resource.setrlimit(resource.RLIMIT_AS, ({2 << 30}, {2 << 30}))
refused = 0
for engine, template, _ in BOMBS:
    try:
        filled(engine, template)
    except PromptSyncError:
        refused += 1
print(refused, "of", len(BOMBS))
"""
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, f"{len(BOMBS)} of {len(BOMBS)}"), done.stderr[-2_000:]
