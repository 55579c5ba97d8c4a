"""Keys under which rendered texts are cached."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from promptsync.library.cache import cache_key, cache_pattern

DIFFERENT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"a": "1|b=2"}, {"a": "1", "b": "2"}),
    ({"a": 1}, {"a": "1"}),
    ({"a": 1}, {"a": True}),
    ({"a": 1}, {"a": 1.0}),
    ({"a": 0.0}, {"a": -0.0}),
    ({"a": None}, {"a": "None"}),
    ({"a": None}, {}),
    ({"a": [1, 2]}, {"a": [[1], 2]}),
    ({"a": [1]}, {"a": (1,)}),
    ({"a": {"b": 1}}, {"a": [["b", 1]]}),
    ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2, "b": 1}}),
    ({"a": "é"}, {"a": "e\u0301"}),
]


@pytest.mark.parametrize(("one", "two"), DIFFERENT)
def test_different_values_have_different_keys(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert cache_key("p", "1.0.0", "", one) != cache_key("p", "1.0.0", "", two)


def test_the_order_in_which_variables_are_passed_does_not_matter() -> None:
    assert cache_key("p", "1.0.0", "", {"a": 1, "b": 2}) == cache_key("p", "1.0.0", "", {"b": 2, "a": 1})


def test_prompt_version_and_content_are_part_of_the_key() -> None:
    keys = {cache_key(*parts, {}) for parts in [("p", "1", ""), ("q", "1", ""), ("p", "2", ""), ("p", "1", "x")]}
    assert len(keys) == 4


def test_another_process_has_the_same_key() -> None:
    program = "from promptsync.library.cache import cache_key; print(cache_key('p', '1.0.0', 'c', {'a': ['x', 1]}))"
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "1"}
    output = subprocess.check_output([sys.executable, "-c", program], env=surroundings, text=True)
    assert output.strip() == cache_key("p", "1.0.0", "c", {"a": ["x", 1]})


@pytest.mark.parametrize("value", [object(), {1: 2}, {"a": b"x"}, {"a": {1, 2}}], ids=repr)
def test_values_that_cannot_be_told_apart_for_certain_have_no_key(value: Any) -> None:
    assert cache_key("p", "1.0.0", "", {"x": value}) is None


def test_a_value_without_end_has_no_key() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert cache_key("p", "1.0.0", "", {"x": endless}) is None


def test_an_id_cannot_be_mistaken_for_a_pattern() -> None:
    assert cache_pattern("greeting") == "prompt:greeting:*"
    assert cache_pattern("a*[b]?:c") == "prompt:a%2A%5Bb%5D%3F%3Ac:*"
    assert (cache_key("a:b", "1", "", {}) or "").startswith("prompt:a%3Ab:1:")
