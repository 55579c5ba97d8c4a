"""Ids as names of files."""

from __future__ import annotations

import random

import pytest

from promptsync.library.file_names import file_name_of, identifier_of

ODD = [
    "..", ".", "../evil", "../../etc/passwd", "/etc/passwd", "a/b", "a\\b", "C:\\x", "nul", "CON.txt", "a\x00b", "a\nb",
    " leading", "trailing ", "trailing.", ".hidden", "a%2Fb", "%", "%~", "a:b", "a*b?", "x.yaml", "x.JSON", "\ud800",
    "~", "-rf", "ключ", "名前", "a" * 255, "é" * 255, "/" * 255, "a|b<c>\"d", "..%2f", "_versions", "COM1", "\x7f",
]  # fmt: skip


@pytest.mark.parametrize("identifier", ["greeting", "a.b", "a-b_c", "Two words", "ключ", "v1.2", "x.yaml.bak"])
def test_a_plain_id_keeps_its_name(identifier: str) -> None:
    assert file_name_of(identifier) == identifier


@pytest.mark.parametrize("identifier", ODD, ids=ascii)
def test_a_name_is_one_step_that_stays_in_its_folder(identifier: str) -> None:
    name = file_name_of(identifier)
    assert name not in ("", ".", "..") and not name.startswith(".") and not name.endswith((".", " "))
    assert not set(name) & set('/\\\x00:*?"<>|')
    assert len(name.encode()) <= 200


@pytest.mark.parametrize("identifier", ODD, ids=ascii)
def test_a_name_leads_back_to_its_id_unless_it_was_cut(identifier: str) -> None:
    assert identifier_of(file_name_of(identifier)) == (identifier if len(identifier) < 100 else None) or (
        identifier == "a" * 255 and identifier_of(file_name_of(identifier)) is None
    )


def test_two_ids_never_share_a_name() -> None:
    letters = random.Random(7)
    alphabet = "ab./\\%~ :\x00é2Fe"
    ids = {"".join(letters.choices(alphabet, k=letters.randint(1, 6))) for _ in range(20_000)} | set(ODD)
    ids |= {"/" * length for length in range(50, 255)}
    assert len({file_name_of(identifier) for identifier in ids}) == len(ids)
