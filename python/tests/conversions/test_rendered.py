"""A rendered prompt is the plain value it looks like, with or without await."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from timeit import Timer

import pytest

from promptsync.rendered import Messages, Text


def test_a_text_is_a_str_without_fields() -> None:
    text = Text("Hello")
    assert text == "Hello"
    assert hash(text) == hash("Hello")
    assert json.dumps({"text": text}) == '{"text": "Hello"}'
    assert not hasattr(text, "__dict__")


def test_messages_are_a_list_of_dicts(chat: Messages) -> None:
    assert chat == [dict(message) for message in chat]
    assert json.loads(json.dumps(chat)) == chat


def test_awaiting_gives_the_value_itself(chat: Messages) -> None:
    async def wait() -> None:
        text = Text("Hello")
        assert await text is text
        assert await chat is chat
        assert await asyncio.wait_for(chat, 1) is chat

    asyncio.run(wait())


def test_awaiting_needs_no_turn_of_a_loop() -> None:
    async def wait() -> Text:
        return await Text("Hello")

    with pytest.raises(StopIteration) as ended:
        wait().send(None)
    assert ended.value.value == "Hello"


def test_equal_values_can_be_gathered(chat: Messages) -> None:
    async def gather() -> list[object]:
        return list(await asyncio.gather(chat, Messages(chat), Text("Hello"), Text("Hello")))

    assert asyncio.run(gather()) == [chat, chat, "Hello", "Hello"]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_keep_their_kind(duplicate: object, chat: Messages) -> None:
    assert callable(duplicate)
    for value in (chat, Text("Hello")):
        again = duplicate(value)
        assert again == value
        assert type(again) is type(value)


def test_a_converted_text_is_an_exact_str() -> None:
    (message,) = Text("Hello").to_openai()
    assert type(message["content"]) is str


def test_four_messages_become_openai_messages_in_microseconds(chat: Messages) -> None:
    four = Messages(chat[:4])
    seconds = min(Timer(four.to_openai).repeat(repeat=9, number=2000)) / 2000
    # Measured: 1.1 microseconds. Ten leaves room for a slow machine and still catches a deep copy.
    assert seconds < 10e-6
