"""Each result is a value, and can be awaited."""

from __future__ import annotations

import asyncio
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from promptsync.library import (
    InMemoryStorage,
    PromptManager,
    PromptRegistry,
    PromptVersion,
    SchemaLoader,
    TemplateEngine,
    VersionStore,
    YAMLLoader,
)
from promptsync._awaitable import DONE, Count, Flag, Items, Record, Text, awaitable

from .library_prompts import text_prompt

VALUES: list[Any] = [Text("a"), Items([1]), Record(a=1), Count(3)]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_awaiting_a_value_gives_the_value_itself(value: Any) -> None:
    async def wait() -> Any:
        return await value

    assert asyncio.run(wait()) is value


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_survives_json_and_pickle(value: Any) -> None:
    assert json.loads(json.dumps(value)) == value
    assert pickle.loads(pickle.dumps(value)) == value
    assert type(pickle.loads(pickle.dumps(value))) is type(value)


def test_all_values_go_through_gather_and_wait_for() -> None:
    async def wait() -> list[Any]:
        for value in VALUES:
            assert await asyncio.wait_for(value, 1) is value
        return list(await asyncio.gather(*VALUES, DONE))

    assert asyncio.run(wait()) == [*VALUES, None]


def test_done_is_false_and_equal_to_none() -> None:
    assert not DONE
    assert DONE == None  # noqa: E711
    assert repr(DONE) == "Done"


def test_awaiting_a_flag_gives_a_real_truth_value() -> None:
    async def wait() -> tuple[bool, bool]:
        return await Flag(True), await Flag(False)

    one, two = asyncio.run(wait())
    assert one is True and two is False


def test_a_flag_prints_like_a_truth_value() -> None:
    assert (repr(Flag(1)), str(Flag(0)), f"{Flag(True)}") == ("True", "False", "True")
    flags: list[int] = [Flag(True), Flag(False)]
    assert flags == [True, False]


def test_a_text_is_found_in_a_dictionary_under_its_plain_form() -> None:
    assert {"a": 1}[Text("a")] == 1


def test_lists_with_the_same_content_are_told_apart_by_gather() -> None:
    first, second = Items([1]), Items([1])

    async def wait() -> tuple[Items[int], Items[int]]:
        return await asyncio.gather(first, second)

    one, two = asyncio.run(wait())
    assert one is first and two is second


def test_what_has_no_awaitable_form_stays_as_it_is() -> None:
    thing = object()
    assert awaitable(thing) is thing
    prompt = text_prompt()
    assert awaitable(prompt) is prompt
    assert awaitable(None) is DONE
    assert awaitable(1.5) == 1.5


def test_a_prompt_can_be_awaited_and_is_hashed_by_identity() -> None:
    prompt = text_prompt()

    async def wait() -> Any:
        return await prompt

    assert asyncio.run(wait()) is prompt
    assert len({prompt, prompt.model_copy()}) == 2


def test_plain_and_awaited_calls_mix_in_one_function(tmp_path: Path) -> None:
    async def both() -> None:
        manager = await PromptManager.create(prompt_dir=tmp_path)
        assert isinstance(PromptManager.create(prompt_dir=tmp_path), PromptManager)
        created = manager.create_prompt(text_prompt("a"))
        assert created.id == "a"
        await asyncio.gather(*(manager.create_prompt(text_prompt(f"p{number}")) for number in range(5)))
        assert manager.render("a", {"name": "x"}) == await manager.render("a", {"name": "x"}) == "Hello x"
        assert len(await manager.list_prompts()) == len(manager.list_prompts()) == 6

    asyncio.run(both())


def test_every_method_of_each_part_gives_something_that_can_be_awaited(tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    prompt = text_prompt()
    manager = PromptManager.create(prompt_dir=folder, version_store=VersionStore(tmp_path / "history"))
    registry, storage, history = PromptRegistry(), InMemoryStorage(), VersionStore()
    loader, engine = SchemaLoader(), TemplateEngine()
    schema_file, prompt_file = tmp_path / "schemas.yaml", tmp_path / "prompts.yaml"

    class Plugin:
        name = "plain"
        version = "1"

        def render_for_framework(self, prompt: object, variables: object) -> list[str]:
            return ["rendered"]

    results: list[Any] = [
        manager,
        manager.create_prompt(prompt, changelog="first"),
        manager.get_prompt("greeting"),
        manager.update_prompt(manager.get_prompt("greeting")),
        manager.list_prompts(),
        manager.render("greeting", {"name": "x"}),
        manager.render_and_parse("greeting", {"name": "x"}, '{"a": 1}'),
        manager.register_plugin(Plugin()),  # type: ignore[arg-type]
        manager.render_for_plugin("greeting", {}, "plain"),
        manager.register_schema({"name": "s", "fields": [{"name": "a", "type": "any"}]}),
        manager.validate_output("s", {"a": 1}),
        manager.get_history("greeting"),
        manager.compare_versions("greeting", "1.0.0", "1.0.1"),
        manager.add_observer(object()),
        manager.get_metrics(),
        loader.create_example_schema(schema_file),
        manager.load_schemas(schema_file),
        registry.register(prompt),
        registry.get("greeting"),
        registry.update(prompt),
        registry.list(),
        registry.get_versions("greeting"),
        registry.exists("greeting"),
        registry.count(),
        registry.get_stats(),
        registry.add_observer(object()),
        registry.remove_observer(object()),
        registry.delete("greeting"),
        registry.clear(),
        storage.save(prompt),
        PromptRegistry(storage).load_from_storage(),
        storage.load("greeting"),
        storage.list(),
        storage.exists("greeting"),
        storage.delete("greeting"),
        storage.clear(),
        history.save_version(PromptVersion(prompt=prompt, version="1.0.0")),
        history.get_version("greeting", "1.0.0"),
        history.list_versions("greeting"),
        history.get_latest("greeting"),
        history.get_history("greeting"),
        history.get_changelog("greeting"),
        history.load_from_storage(),
        loader.load_file(schema_file),
        loader.load_directory(tmp_path),
        loader.get_schema("ticket"),
        loader.validate_data("ticket", {"title": "Help", "email": "a@b.de"}),
        loader.clear_cache(),
        YAMLLoader.create_example_yaml(prompt_file),
        YAMLLoader().load_file(prompt_file),
        YAMLLoader(registry).import_to_registry(prompt_file),
        engine.render("a", {}),
        engine.extract_variables("a"),
    ]

    async def wait() -> None:
        for result in results:
            awaited = await result
            assert awaited is result or (result is DONE and awaited is None) or awaited is bool(result)
        await asyncio.gather(*results)

    asyncio.run(wait())
