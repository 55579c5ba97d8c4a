"""The registry gives and takes copies, and tells its observers."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from promptsync.library import InMemoryStorage, Prompt, PromptNotFoundError, PromptRegistry, PromptStatus

from .library_prompts import chat_prompt, text_prompt


def test_the_highest_version_is_given_unless_another_is_named() -> None:
    registry = PromptRegistry()
    for version in ("1.9.0", "1.10.0", "1.2.0"):
        registry.register(text_prompt(version=version))
    assert registry.get("greeting").version == "1.10.0"
    assert registry.get("greeting", "1.2.0").version == "1.2.0"
    assert registry.get_versions("greeting") == ["1.10.0", "1.9.0", "1.2.0"]


def test_nobody_changes_what_is_registered() -> None:
    registry = PromptRegistry()
    prompt = text_prompt()
    registry.register(prompt)
    prompt.bump_version()
    registry.get("greeting").bump_version("major")
    for given in registry.list():
        given.metadata.tags.append("changed")
    assert registry.get("greeting").version == "1.0.0"
    assert registry.get("greeting").metadata.tags == []
    assert registry.get_versions("greeting") == ["1.0.0"]


def test_a_list_filters_sorts_and_pages() -> None:
    registry = PromptRegistry()
    registry.register(text_prompt("c", status="active", metadata={"tags": ["x", "y"], "category": "k"}))
    registry.register(text_prompt("a", metadata={"tags": ["x"]}))
    registry.register(chat_prompt("b", status="active"))

    def ids(**filters: Any) -> list[str]:
        return [prompt.id for prompt in registry.list(**filters)]

    assert ids() == ["a", "b", "c"]
    assert ids(status=PromptStatus.ACTIVE) == ids(status="active") == ["b", "c"]
    assert ids(tags=["X", "y"]) == ["c"]
    assert ids(category="k") == ["c"]
    assert ids(format="chat") == ["b"]
    assert ids(limit=1, offset=1) == ["b"]
    assert ids(limit=0) == ["a", "b", "c"]
    assert ids(offset=9) == []
    assert registry.count(status="active") == 2 and registry.count(tags=["x"], category="k") == 1


def test_an_update_needs_a_version_that_is_there() -> None:
    registry = PromptRegistry()
    with pytest.raises(PromptNotFoundError):
        registry.update(text_prompt())
    registry.register(text_prompt())
    registry.update(text_prompt(content="New"))
    assert registry.get("greeting").render({}) == "New"
    with pytest.raises(PromptNotFoundError, match="2.0.0"):
        registry.update(text_prompt(version="2.0.0"))


def test_a_deleted_version_is_gone_and_the_last_one_takes_the_prompt_with_it() -> None:
    registry = PromptRegistry()
    registry.register(text_prompt())
    registry.register(text_prompt(version="2.0.0"))
    registry.delete("greeting", "2.0.0")
    assert registry.get("greeting").version == "1.0.0"
    registry.delete("greeting", "1.0.0")
    assert not registry.exists("greeting")
    with pytest.raises(PromptNotFoundError):
        registry.delete("greeting")
    with pytest.raises(PromptNotFoundError):
        registry.get_versions("greeting")


def test_the_storage_gets_what_is_to_persist() -> None:
    storage = InMemoryStorage()
    registry = PromptRegistry(storage)
    registry.register(text_prompt("kept"))
    registry.register(text_prompt("light"), persist=False)
    assert [prompt.id for prompt in storage.list()] == ["kept"]
    registry.delete("kept", persist=False)
    assert storage.exists("kept")
    assert registry.load_from_storage() == 1 and registry.exists("kept")
    registry.clear()
    assert not storage.exists("kept") and registry.count() == 0
    with pytest.raises(ValueError, match="No storage"):
        PromptRegistry().load_from_storage()


def test_what_the_storage_refuses_is_not_registered() -> None:
    class Full(InMemoryStorage):
        def save(self, prompt: Prompt) -> Any:
            raise OSError("full")

    registry = PromptRegistry(Full())
    with pytest.raises(OSError, match="full"):
        registry.register(text_prompt())
    assert not registry.exists("greeting")


def test_a_storage_may_be_written_with_coroutines() -> None:
    class Later(InMemoryStorage):
        async def save(self, prompt: Prompt) -> Any:  # type: ignore[override]
            return super().save(prompt)

    storage = Later()
    PromptRegistry(storage).register(text_prompt())
    assert storage.exists("greeting")


def test_observers_are_told_and_those_that_miss_hooks_or_fail_do_no_harm() -> None:
    told: list[str] = []

    class Partial:
        def on_prompt_registered(self, prompt: Prompt) -> None:
            told.append(f"registered {prompt.id}")

        def on_prompt_deleted(self, prompt: Prompt) -> None:
            told.append(f"deleted {prompt.version}")

    class Broken:
        def on_prompt_registered(self, prompt: Prompt) -> None:
            raise RuntimeError("broken")

    registry = PromptRegistry(observers=[object(), Broken(), Partial()])
    registry.register(text_prompt())
    registry.update(text_prompt())
    registry.delete("greeting")
    assert told == ["registered greeting", "deleted 1.0.0"]


def test_an_observer_is_told_once_and_no_more_after_it_is_removed() -> None:
    told: list[str] = []

    class Observer:
        def on_prompt_registered(self, prompt: Prompt) -> None:
            told.append(prompt.id)

    observer = Observer()
    registry = PromptRegistry()
    registry.add_observer(observer)
    registry.add_observer(observer)
    assert registry.get_stats()["observer_count"] == 1
    registry.register(text_prompt())
    registry.remove_observer(observer)
    registry.register(text_prompt())
    assert told == ["greeting"]


def test_the_numbers_are_of_the_highest_versions() -> None:
    registry = PromptRegistry(InMemoryStorage())
    registry.register(text_prompt())
    registry.register(text_prompt(version="2.0.0", status="active"))
    assert registry.get_stats() == {
        "total_prompts": 1,
        "total_versions": 2,
        "status_distribution": {"active": 1},
        "has_storage": True,
        "observer_count": 0,
    }


def test_threads_may_register_list_and_delete_at_once() -> None:
    registry = PromptRegistry()
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(50):
                registry.register(text_prompt(f"{number}-{turn}"))
                registry.list()
                registry.get_stats()
                if turn % 2:
                    registry.delete(f"{number}-{turn}")
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and registry.count() == 150
