"""The fake manager answers as the real one, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import inspect
import os
from typing import Any

import pytest

from promptsync import AsyncPromptManager, Prompt, PromptManager
from promptsync.errors import (
    APIConnectionError,
    MissingVariableError,
    NotFoundError,
    PromptNotAvailableError,
    ValidationError,
)
from promptsync.rendered import Message, Messages, Text
from promptsync.testing import FakePromptManager

CHAT: list[Message] = [
    {"role": "system", "content": "You help {{ company }}."},
    {"role": "user", "content": "{{ question }}", "name": "ada"},
]


@pytest.fixture
def fake() -> FakePromptManager:
    return FakePromptManager({"support": "Hello {{ name }}", "chat": CHAT, "support@2.0.0": "Hi {{ name }}"})


def test_it_is_a_manager_and_gives_prompts(fake: FakePromptManager) -> None:
    prompt = fake.get("support@production")
    assert isinstance(fake, PromptManager)
    assert type(prompt) is Prompt
    assert (prompt.name, prompt.version, prompt.alias) == ("support", "1.0.0", "production")
    assert (prompt.id, prompt.source, prompt.is_stale, prompt.age_seconds) == ("support@1.0.0", "memory", False, 0.0)
    assert prompt.digest.startswith("sha256:")
    assert prompt.kind == "text"
    assert list(prompt.variables) == ["name"]


def test_a_text_is_rendered(fake: FakePromptManager) -> None:
    text = fake.get("support").format(name="Ann")
    assert text == "Hello Ann"
    assert type(text) is Text


def test_a_chat_is_rendered(fake: FakePromptManager) -> None:
    messages = fake.get_prompt("chat").render({"company": "Acme"}, question="Why?")
    assert messages == [
        {"role": "system", "content": "You help Acme."},
        {"role": "user", "content": "Why?", "name": "ada"},
    ]
    assert type(messages) is Messages


@pytest.mark.parametrize(
    ("reference", "version", "alias"),
    [
        ("@stable", "1.0.0", "stable"),
        ("", "1.0.0", "stable"),
        ("@1.4.2", "1.4.2", None),
        ("@^1.2", "1.0.0", None),
        ("@v1", "1.0.0", None),
        ("@latest", "1.0.0", None),
    ],
)
def test_every_reference_leads_to_the_prompt(
    fake: FakePromptManager, reference: str, version: str, alias: str | None
) -> None:
    prompt = fake.get(f"support{reference}")
    assert (prompt.version, prompt.alias) == (version, alias)
    assert prompt.format(name="Ann") == "Hello Ann"


def test_a_reference_can_have_a_prompt_of_its_own(fake: FakePromptManager) -> None:
    assert fake.get_prompt("support", "2.0.0").format(name="Ann") == "Hi Ann"
    assert fake.get("support").format(name="Ann") == "Hello Ann"
    assert fake.list_prompts() == ["chat", "support"]


def test_missing_variables_fail_with_all_their_names(fake: FakePromptManager) -> None:
    with pytest.raises(MissingVariableError) as refused:
        fake.get("chat").format()
    assert refused.value.names == ("company", "question")


def test_the_keys_of_a_prompt_file_can_be_given() -> None:
    content = {
        "version": "3.1.0",
        "engine": "handlebars",
        "content": "{{#if formal}}Dear{{else}}Hi{{/if}} {{count}}",
        "variables": {"formal": "boolean", "count": {"type": "integer", "default": 1}},
        "variants": [{"tags": {"locale": "de"}, "content": "Hallo {{count}}"}],
    }
    fake = FakePromptManager({"letter": content})
    prompt = fake.get("letter")
    assert prompt.version == "3.1.0"
    assert prompt.format(formal=True) == "Dear 1"
    assert fake.get("letter", tags={"locale": "de"}).format(formal=True) == "Hallo 1"
    with pytest.raises(ValidationError, match="count"):
        prompt.format(formal=True, count="many")


def test_prompts_can_include_each_other() -> None:
    fake = FakePromptManager(
        {"letter": {"content": '{% include "sign" %}', "dependencies": ["sign"]}, "sign": "by {{ name }}"}
    )
    assert fake.get("letter").format(name="Ann") == "by Ann"


def test_a_template_that_is_broken_fails_when_it_is_got() -> None:
    with pytest.raises(ValidationError):
        FakePromptManager({"broken": "Hello {{ name"}).get("broken")
    with pytest.raises(ValidationError):
        FakePromptManager({"broken": "Hello {{ name"}).preload()


def test_an_unknown_prompt_is_not_found_as_on_a_server(fake: FakePromptManager) -> None:
    with pytest.raises(NotFoundError, match=r"no prompt `suport`.*chat, support") as refused:
        fake.get("suport")
    assert isinstance(refused.value, PromptNotAvailableError)


def test_a_prompt_can_be_added_and_replaced(fake: FakePromptManager) -> None:
    before = fake.get("support")
    fake.add("support", "Bye {{ name }}")
    fake.add("new", "New")
    assert fake.get("support").format(name="Ann") == "Bye Ann"
    assert fake.get("new").format() == "New"
    assert before.format(name="Ann") == "Hello Ann"


def test_calls_are_remembered_without_values(fake: FakePromptManager) -> None:
    fake.get("support@production", tags={"locale": "de"}, unit="ann", model="m").format(name="hunter2")
    got, rendered = fake.calls
    assert (got.action, got.name, got.reference) == ("get", "support", "production")
    assert (got.tags, got.unit, got.model) == ({"locale": "de"}, "ann", "m")
    assert (rendered.action, rendered.name, rendered.variables) == ("render", "support", ("name",))
    assert rendered.values is None
    assert "hunter2" not in repr(vars(rendered))


def test_values_are_remembered_if_asked_for_and_never_shown() -> None:
    fake = FakePromptManager({"support": "Hello {{ name }}"}, record_values=True)
    fake.get("support").format(name="hunter2")
    assert fake.calls[-1].values == {"name": "hunter2"}
    assert "hunter2" not in repr(fake.calls)


def test_a_render_that_fails_is_remembered_as_well(fake: FakePromptManager) -> None:
    with pytest.raises(MissingVariableError):
        fake.get("support").format(nam="Ann")
    assert fake.calls[-1].variables == ("nam",)


def test_it_fails_when_told_to(fake: FakePromptManager) -> None:
    fake.fail_with(APIConnectionError("the server is away"))
    with pytest.raises(APIConnectionError, match="away"):
        fake.get("support")
    with pytest.raises(APIConnectionError, match="away"):
        fake.get_prompt("chat")
    fake.fail_with(None)
    assert fake.get("support").format(name="Ann") == "Hello Ann"
    assert [call.action for call in fake.calls] == ["get", "get", "get", "render"]


def test_it_can_fail_for_one_prompt(fake: FakePromptManager) -> None:
    fake.fail_with(TimeoutError, name="chat")
    assert fake.get("support")
    with pytest.raises(TimeoutError):
        fake.get("chat")


def test_it_works_with_await(fake: FakePromptManager) -> None:
    async def use() -> Any:
        async with fake as manager:
            await manager.wait_ready()
            prompt = await manager.get("support")
            return await prompt.format(name="Ann")

    assert asyncio.run(use()) == "Hello Ann"
    assert fake.closed


def test_it_can_stand_behind_the_asynchronous_manager(fake: FakePromptManager) -> None:
    asynchronous = AsyncPromptManager.__new__(AsyncPromptManager)
    asynchronous.manager = fake

    async def use() -> Any:
        return (await asynchronous.get("support")).format(name="Ann")

    assert asyncio.run(use()) == "Hello Ann"


def test_metrics_and_records_are_those_of_the_real_one(fake: FakePromptManager) -> None:
    prompt = fake.get("support@production")
    record = fake.create_tracking_metadata(prompt.id, {"ticket": 1})
    assert (record["prompt_name"], record["prompt_version"], record["context"]) == ("support", "1.0.0", {"ticket": 1})
    fake.report_metrics(prompt.id, {"tokens": 3})
    assert [(fact["prompt"], fact["version"], fact["metrics"]) for fact in fake.metrics] == [
        ("support", "1.0.0", {"tokens": 3})
    ]


def test_versions_can_be_compared(fake: FakePromptManager) -> None:
    assert fake.diff("support", "1.0.0", "2.0.0").changes
    assert not fake.diff("support", "1.0.0", "stable").changes


def test_a_change_is_told_when_the_test_says_so(fake: FakePromptManager) -> None:
    seen: list[Any] = []
    fake.on_change(seen.append)
    fake.change("stable", "support")
    assert [(change.alias, change.prompts) for change in seen] == [("stable", ("support",))]


def test_it_needs_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing listens there: a manager that looked would fail.
    monkeypatch.setenv("PROMPTSYNC_URL", "http://127.0.0.1:9")
    fake = FakePromptManager({"support": "Hello"})
    assert fake.preload() == 1
    assert fake.get("support").format() == "Hello"
    assert fake.status()["aliases"]["stable"]["failure"] is None


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads that are not Python's are counted on Linux")
def test_it_leaves_no_threads() -> None:
    before = len(os.listdir("/proc/self/task"))
    fake = FakePromptManager({"support": "Hello"})
    fake.get("support").format()
    assert len(os.listdir("/proc/self/task")) <= before


def test_nothing_of_the_real_manager_is_left_to_chance() -> None:
    public = {name for name, _ in inspect.getmembers(PromptManager, callable) if not name.startswith("_")}
    assert public - {"create"} <= set(vars(FakePromptManager))
    for name in public - {"create"}:
        real, fake = (inspect.signature(getattr(kind, name)) for kind in (PromptManager, FakePromptManager))
        assert list(real.parameters) == list(fake.parameters), name
