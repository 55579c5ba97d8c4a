"""The manager, from creating a prompt to checking an answer."""

from __future__ import annotations

import json
import logging
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from promptsync.library import (
    CacheProtocol,
    FileSystemStorage,
    InMemoryStorage,
    PluginNotFoundError,
    Prompt,
    PromptError,
    PromptExecution,
    PromptManager,
    PromptNotFoundError,
    PromptRegistry,
    PromptVersion,
    Schema,
    SchemaValidationError,
    TemplateEngine,
    TemplateRenderError,
    VersionStore,
)

from .library_prompts import chat_prompt, text_prompt

MOOD = {
    "name": "mood",
    "description": "How it sounds",
    "fields": [
        {"name": "word", "type": "string", "description": "One\nword"},
        {"name": "score", "type": "float", "required": False, "default": 0.5},
        {"name": "count", "type": "integer"},
        {"name": "sure", "type": "boolean"},
        {"name": "parts", "type": "list", "item_type": "string"},
        {"name": "more", "type": "dict"},
        {"name": "rest", "type": "any", "required": False, "nullable": True},
    ],
}
ANSWER = {"word": "glad", "count": 1, "sure": True, "parts": [], "more": {}}


class Cache:
    """A cache that counts."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.dropped: list[str] = []

    def __bool__(self) -> bool:
        return False

    def get(self, key: str) -> str | None:
        return self.texts.get(key)

    def set(self, key: str, value: str, *, ttl: int | None = None) -> None:
        self.texts[key] = value

    def invalidate(self, pattern: str) -> int:
        self.dropped.append(pattern)
        return 0

    def clear(self) -> None:
        self.texts.clear()


class Metrics:
    """A collector that keeps everything."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def record_render(self, prompt_id: str, version: str, duration_ms: float, success: bool) -> None:
        assert duration_ms >= 0
        self.calls.append(("render", prompt_id, version, success))

    def record_cache_hit(self, prompt_id: str) -> None:
        self.calls.append(("hit", prompt_id))

    def record_cache_miss(self, prompt_id: str) -> None:
        self.calls.append(("miss", prompt_id))

    def get_metrics(self, *, since: datetime | None = None) -> dict[str, Any]:
        return {"calls": len(self.calls)}


class Observer:
    """An observer that keeps everything."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def on_render_start(self, prompt_id: str, version: str, variables: Any) -> None:
        self.told.append(("start", prompt_id, version))

    def on_render_complete(self, prompt_id: str, version: str, execution: PromptExecution) -> None:
        self.told.append(("complete", execution.rendered_content))

    def on_render_error(self, prompt_id: str, version: str, error: Exception) -> None:
        self.told.append(("error", type(error).__name__))

    def on_prompt_registered(self, prompt: Prompt) -> None:
        self.told.append(("registered", prompt.version))

    def on_version_created(self, version: PromptVersion) -> None:
        self.told.append(("version", version.version))


def test_a_prompt_is_created_from_an_object_and_from_a_dictionary(manager: PromptManager) -> None:
    prompt = text_prompt()
    assert manager.create_prompt(prompt) is prompt
    other = manager.create_prompt({"id": "b", "format": "text", "template": {"content": "B"}})
    assert isinstance(other, Prompt) and manager.render("b") == "B"
    with pytest.raises(ValidationError):
        manager.create_prompt({"id": "c"})


def test_what_get_prompt_gives_equals_what_was_created(manager: PromptManager) -> None:
    prompt = manager.create_prompt(text_prompt())
    assert manager.get_prompt("greeting") == prompt
    with pytest.raises(PromptNotFoundError, match=r"'greeting' not found \(version: 9\.0\.0\)"):
        manager.get_prompt("greeting", "9.0.0")


def test_a_chat_renders_with_its_roles_as_words(manager: PromptManager) -> None:
    manager.create_prompt(chat_prompt())
    assert manager.render("chat", {"mood": "kind"}) == "system: Be kind\n\nuser: Hi"


def test_partials_of_a_prompt_are_rendered(manager: PromptManager) -> None:
    template = {"content": "{{> head}}!", "partials": {"head": "Dear {{name}}"}}
    manager.create_prompt(text_prompt(template=template))
    assert manager.render("greeting", {"name": "Ann"}) == "Dear Ann!"


def test_a_missing_variable_fails_loudly(manager: PromptManager) -> None:
    manager.create_prompt(text_prompt())
    with pytest.raises(TemplateRenderError, match="Could not find variable 'name'"):
        manager.render("greeting", {})
    with pytest.raises(PromptNotFoundError):
        manager.render("absent", {})


def test_an_update_makes_a_version_and_leaves_the_others_as_they_were(manager: PromptManager) -> None:
    manager.create_prompt(text_prompt(), changelog="first", created_by="ann")
    prompt = manager.get_prompt("greeting")
    assert prompt.template is not None
    prompt.template.content = "Bye {{name}}"
    updated = manager.update_prompt(prompt, changelog="second", created_by="bob")
    assert updated.version == "1.0.1"
    assert manager.render("greeting", {"name": "x"}) == "Bye x"
    assert manager.render("greeting", {"name": "x"}, version="1.0.0") == "Hello x"
    history = manager.get_history("greeting")
    assert [(entry.version, entry.prompt.version, entry.parent_version, entry.created_by) for entry in history] == [
        ("1.0.1", "1.0.1", "1.0.0", "bob"),
        ("1.0.0", "1.0.0", None, "ann"),
    ]


def test_an_update_of_an_old_version_never_takes_a_number_that_is_used(manager: PromptManager) -> None:
    manager.create_prompt(text_prompt())
    old = manager.get_prompt("greeting")
    manager.update_prompt(manager.get_prompt("greeting"))
    manager.update_prompt(manager.get_prompt("greeting"))
    assert manager.update_prompt(old).version == "1.0.3"
    assert manager.registry.get_versions("greeting") == ["1.0.3", "1.0.2", "1.0.1", "1.0.0"]


def test_updates_of_several_threads_all_get_numbers_of_their_own(manager: PromptManager) -> None:
    manager.create_prompt(text_prompt())
    threads = [
        threading.Thread(target=lambda: manager.update_prompt(manager.get_prompt("greeting"))) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(manager.registry.get_versions("greeting")) == len(manager.get_history("greeting")) == 13


def test_an_update_without_a_bump_replaces_the_version(manager: PromptManager) -> None:
    manager.create_prompt(text_prompt())
    manager.update_prompt(text_prompt(content="New"), bump_version=False)
    assert manager.render("greeting") == "New"
    assert [entry.version for entry in manager.get_history("greeting")] == ["1.0.0"]
    assert manager.update_prompt(text_prompt("unknown")).version == "1.0.1"


def test_a_history_can_be_asked_for_a_period(manager: PromptManager) -> None:
    prompt = manager.create_prompt(text_prompt())
    hour = timedelta(hours=1)
    assert len(manager.get_history("greeting", since=prompt.created_at - hour)) == 1
    assert len(manager.get_history("greeting", since=datetime(2020, 1, 1))) == 1
    assert manager.get_history("greeting", until=prompt.created_at - hour) == []
    with pytest.raises(PromptNotFoundError):
        manager.get_history("absent")


def test_without_a_version_store_there_is_no_history() -> None:
    manager = PromptManager(PromptRegistry())
    manager.create_prompt(text_prompt())
    assert manager.get_history("greeting") == []
    assert manager.compare_versions("greeting", "1.0.0", "1.0.1") == {
        "versions": {"from": "1.0.0", "to": "1.0.1"},
        "error": "No version store configured",
    }


def test_a_list_is_filtered(manager: PromptManager) -> None:
    manager.create_prompt(text_prompt(metadata={"tags": ["a"], "category": "k"}))
    manager.create_prompt(chat_prompt(status="active"))
    assert [prompt.id for prompt in manager.list_prompts()] == ["chat", "greeting"]
    assert [prompt.id for prompt in manager.list_prompts(tags=["a"], category="k")] == ["greeting"]
    assert [prompt.id for prompt in manager.list_prompts(status="active", format="chat")] == ["chat"]


def test_the_input_schema_converts_and_fills_in(manager: PromptManager) -> None:
    fields = [{"name": "age", "type": "integer"}, {"name": "name", "type": "string", "default": "you"}]
    manager.register_schema({"name": "in", "fields": fields})
    manager.create_prompt(text_prompt(content="{{name}} {{age}}", input_schema="in"))
    assert manager.render("greeting", {"age": "7"}) == "you 7"
    with pytest.raises(SchemaValidationError, match="age"):
        manager.render("greeting", {"age": "x"})
    with pytest.raises(SchemaValidationError, match="more"):
        manager.render("greeting", {"age": 1, "more": 1})
    assert manager.render("greeting", {"age": "x", "name": "y"}, validate_input=False) == "y x"


def test_a_schema_that_is_not_loaded_stops_the_render(manager: PromptManager) -> None:
    manager.create_prompt(text_prompt("a", content="A", input_schema="absent"))
    manager.create_prompt(text_prompt("b", content="B", output_schema="absent"))
    with pytest.raises(ValueError, match="Schema 'absent' not found"):
        manager.render("a")
    with pytest.raises(PromptError, match="'absent' .* is not loaded"):
        manager.render("b")
    with pytest.raises(SchemaValidationError, match="is not loaded"):
        manager.validate_output("b", {})


def test_the_text_ends_with_the_form_of_the_answer(manager: PromptManager) -> None:
    manager.register_schema(MOOD)
    manager.create_prompt(text_prompt(content="Say it.", output_schema="mood"))
    text = manager.render("greeting")
    head, fields = text[: text.index("```json\n")], text.split("```json\n")[1].split("\n```")[0]
    assert head.startswith("Say it.\n\n# ") and "How it sounds" in head
    assert fields.split("\n") == [
        "{",
        '  "word": "your word here"  // required - One word,',
        '  "score": 0.0  // optional - No description,',
        '  "count": 0  // required - No description,',
        '  "sure": true  // required - No description,',
        '  "parts": []  // required - No description,',
        '  "more": {}  // required - No description,',
        '  "rest": null  // optional - No description',
        "}",
    ]
    assert text.endswith("Return ONLY this JSON object, with no text before or after it.")
    assert manager.get_prompt("greeting").render({}) == text
    assert manager.get_prompt("greeting").render({}, inject_schemas=False) == "Say it."


def test_validate_output_gives_the_text_with_what_is_needed_to_check_the_answer(manager: PromptManager) -> None:
    manager.register_schema(MOOD)
    manager.create_prompt(text_prompt(content="Say it.", output_schema="mood"))
    manager.create_prompt(text_prompt("plain", content="Plain"))
    assert manager.render("greeting", validate_output=True) == {
        "prompt": manager.render("greeting"),
        "output_schema": "mood",
        "prompt_id": "greeting",
        "version": "1.0.0",
    }
    assert manager.render("plain", validate_output=True) == "Plain"


def test_an_answer_is_checked_by_prompt_and_by_schema(manager: PromptManager) -> None:
    manager.register_schema(Schema.model_validate(MOOD))
    manager.create_prompt(text_prompt(output_schema="mood"))
    manager.create_prompt(text_prompt("plain"))
    checked = {**ANSWER, "score": 0.5, "rest": None}
    assert manager.validate_output("greeting", ANSWER) == checked
    assert manager.validate_output("mood", ANSWER) == checked
    with pytest.raises(SchemaValidationError, match="word: Field required"):
        manager.validate_output("greeting", {})
    with pytest.raises(ValueError, match="has no output_schema"):
        manager.validate_output("plain", {})
    with pytest.raises(PromptNotFoundError):
        manager.validate_output("absent", {})


def test_an_answer_is_parsed_and_checked(manager: PromptManager) -> None:
    manager.register_schema(MOOD)
    manager.create_prompt(text_prompt(output_schema="mood"))
    manager.create_prompt(text_prompt("plain"))
    variables = {"name": "x"}
    assert manager.render_and_parse("greeting", variables, json.dumps(ANSWER))["score"] == 0.5
    assert manager.render_and_parse("greeting", variables, ANSWER)["word"] == "glad"
    assert manager.render_and_parse("plain", variables, '{"any": [1]}') == {"any": [1]}
    with pytest.raises(json.JSONDecodeError):
        manager.render_and_parse("plain", variables, "{")
    with pytest.raises(SchemaValidationError):
        manager.render_and_parse("greeting", variables, "[]")


def test_a_cached_text_is_served_counted_and_told_like_any_other() -> None:
    cache, metrics, observer = Cache(), Metrics(), Observer()
    manager = PromptManager(PromptRegistry(), cache=cache, metrics=metrics, observers=[observer])
    manager.create_prompt(text_prompt(content="{{#if x}}{{x}}{{/if}}"))
    for _ in range(2):
        assert manager.render("greeting", {"x": ""}) == ""
    assert manager.render("greeting", {"x": ""}, use_cache=False) == ""
    rendered = ("render", "greeting", "1.0.0", True)
    assert metrics.calls == [("miss", "greeting"), rendered, ("hit", "greeting"), rendered, rendered]
    assert observer.told[1:] == [("start", "greeting", "1.0.0"), ("complete", "")] * 3
    assert isinstance(cache, CacheProtocol)


def test_no_render_gets_the_text_of_another() -> None:
    cache = Cache()
    manager = PromptManager(PromptRegistry(), cache=cache)
    manager.create_prompt(text_prompt(content="{{a}}{{#if b}}+{{b}}{{/if}}"))
    assert manager.render("greeting", {"a": "1|b=2"}) == "1|b=2"
    assert manager.render("greeting", {"a": "1", "b": "2"}) == "1+2"
    manager.create_prompt(text_prompt(content="new"))
    assert manager.render("greeting", {"a": "1", "b": "2"}) == "new"
    assert cache.dropped == ["prompt:greeting:*"] * 2


def test_a_cached_text_follows_the_schema() -> None:
    manager = PromptManager(PromptRegistry(), cache=Cache())
    manager.register_schema(MOOD)
    manager.create_prompt(text_prompt(content="A", output_schema="mood"))
    before = manager.render("greeting")
    manager.register_schema({"name": "mood", "fields": [{"name": "other", "type": "any"}]})
    assert "other" in manager.render("greeting") and "other" not in before


def test_a_broken_cache_collector_or_observer_does_not_stop_a_render() -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            def fail(*_: object, **__: object) -> None:
                raise ConnectionError("gone")

            return fail

    broken: Any = Broken()
    manager = PromptManager(PromptRegistry(), cache=broken, metrics=broken, observers=[broken, object()])
    manager.create_prompt(text_prompt())
    manager.add_observer(Broken())
    assert manager.render("greeting", {"name": "x"}) == "Hello x"


def test_a_failed_render_is_counted_and_told() -> None:
    metrics, observer = Metrics(), Observer()
    manager = PromptManager(PromptRegistry(), metrics=metrics)
    manager.add_observer(observer)
    manager.create_prompt(text_prompt())
    with pytest.raises(TemplateRenderError):
        manager.render("greeting", {})
    assert metrics.calls == [("render", "greeting", "1.0.0", False)]
    assert observer.told == [
        ("registered", "1.0.0"),
        ("start", "greeting", "1.0.0"),
        ("error", "TemplateRenderError"),
    ]
    assert manager.get_metrics()["operations"] == {"calls": 1}
    assert manager.get_metrics()["registry"]["observer_count"] == 1


def test_observers_written_with_coroutines_are_told_inside_and_outside_a_loop() -> None:
    import asyncio

    told: list[str] = []

    class Later:
        async def on_render_complete(self, prompt_id: str, version: str, execution: PromptExecution) -> None:
            told.append(execution.rendered_content)

    manager = PromptManager(PromptRegistry(), observers=[Later()])
    manager.create_prompt(text_prompt())
    manager.render("greeting", {"name": "a"})

    async def inside() -> None:
        await manager.render("greeting", {"name": "b"})

    asyncio.run(inside())
    assert told == ["Hello a", "Hello b"]


def test_a_version_record_is_told(manager: PromptManager) -> None:
    observer = Observer()
    manager.add_observer(observer)
    manager.create_prompt(text_prompt())
    assert observer.told == [("registered", "1.0.0"), ("version", "1.0.0")]


def test_a_plugin_renders_under_its_name(manager: PromptManager) -> None:
    class Plugin:
        name = "upper"
        version = "1"

        def render_for_framework(self, prompt: Prompt, variables: Any) -> dict[str, str]:
            return {"text": prompt.render(variables).upper()}

    manager.create_prompt(text_prompt())
    with pytest.raises(PluginNotFoundError, match="Plugin 'upper' not found"):
        manager.render_for_plugin("greeting", {}, "upper")
    plugin: Any = Plugin()
    manager.register_plugin(plugin)
    assert manager.render_for_plugin("greeting", {"name": "x"}, "upper") == {"text": "HELLO X"}


def test_a_folder_is_loaded_with_both_shapes_and_the_schemas_it_names(folder: Path) -> None:
    FileSystemStorage(folder).save(text_prompt("own", content="Own", input_schema="in", output_schema="out"))
    (folder / "all.yml").write_text(
        "prompts:\n"
        "  - {id: a, format: text, template: {content: A}}\n"
        "  - {id: own, format: text, template: {content: Among others}}\n"
    )
    (folder / "bad.yaml").write_text("id: [")
    (folder / "schemas").mkdir()
    (folder / "schemas" / "in.yml").write_text("schemas: [{name: in, fields: [{name: x, type: any}]}]")
    (folder.parent / "schemas").mkdir()
    (folder.parent / "schemas" / "out.yaml").write_text("name: out\nfields: [{name: y, type: any}]")
    manager = PromptManager.create(prompt_dir=str(folder))
    assert [prompt.id for prompt in manager.list_prompts()] == ["a", "own"]
    assert manager.render("a") == "A"
    assert manager.render("own", {"x": 1}).startswith("Own\n\n")
    assert PromptManager.create(prompt_dir=folder, auto_load_yaml=False).list_prompts() == []


def test_another_process_finds_what_was_created(folder: Path) -> None:
    first = PromptManager.create(prompt_dir=folder)
    first.create_prompt(text_prompt())
    first.update_prompt(first.get_prompt("greeting"))
    assert PromptManager.create(prompt_dir=folder).get_prompt("greeting").version == "1.0.1"


def test_schemas_are_loaded_from_files_and_folders(manager: PromptManager, tmp_path: Path) -> None:
    path = tmp_path / "schemas" / "s.yaml"
    path.parent.mkdir()
    path.write_text("schemas: [{name: s, fields: [{name: x, type: any}]}]")
    assert manager.load_schemas(str(path)) == manager.load_schemas(path.parent) == 1
    with pytest.raises(ValueError, match="does not exist"):
        manager.load_schemas(tmp_path / "absent")


def test_the_parts_can_be_reached(manager: PromptManager) -> None:
    assert isinstance(manager.template_engine, TemplateEngine)
    assert manager.template_engine.render("{{x}}", {"x": 1}) == "1"
    assert manager.schema_loader.get_schema("absent") is None


def test_nothing_is_printed_and_no_value_is_logged(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    store = VersionStore(tmp_path / "history")

    class Broken:
        def on_render_start(self, prompt_id: str, version: str, variables: Any) -> None:
            raise RuntimeError(str(variables))

    manager = PromptManager(PromptRegistry(InMemoryStorage()), store, observers=[Broken()])
    manager.create_prompt(text_prompt())
    manager.render("greeting", {"name": "hunter2"})
    with pytest.raises(TemplateRenderError):
        manager.render("greeting", {"password": "hunter2"})
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "")
    assert "hunter2" not in caplog.text and "Broken.on_render_start" in caplog.text
