"""Prompts in memory and in folders."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Union

import pytest

from promptsync.library import (
    FileSystemStorage,
    InMemoryStorage,
    Prompt,
    PromptNotFoundError,
    PromptRegistry,
    SchemaParseError,
    SchemaValidationError,
    StorageBackendProtocol,
    StorageReadError,
    StorageWriteError,
    YAMLLoader,
)

from .library_prompts import chat_prompt, text_prompt

Storage = Union[FileSystemStorage, InMemoryStorage]

WRAPPER = """
version: "1.0.0"
metadata: {team: search}
prompts:
  - id: one
    format: text
    template: {content: "One {{x}}"}
  - id: two
    format: text
    template: {content: "Two"}
"""
FLAT = "id: three\nformat: text\ntemplate:\n  content: Three\n"


@pytest.fixture(params=["memory", "files", "files without versions"])
def storage(request: pytest.FixtureRequest, folder: Path) -> Storage:
    """Each kind of storage."""
    if request.param == "memory":
        return InMemoryStorage()
    return FileSystemStorage(folder, save_version_snapshots=request.param == "files")


def test_each_storage_has_the_methods_of_the_protocol(storage: Storage) -> None:
    assert isinstance(storage, StorageBackendProtocol)


def test_what_was_saved_is_loaded_again(storage: Storage) -> None:
    for prompt in (text_prompt(metadata={"tags": ["a"], "team": "x"}), chat_prompt(status="active")):
        storage.save(prompt)
        assert storage.load(prompt.id) == prompt
        assert storage.load(prompt.id, "1.0.0") == prompt


def test_what_is_not_there_is_not_found(storage: Storage) -> None:
    storage.save(text_prompt())
    for arguments in (("absent", None), ("absent", "1.0.0"), ("greeting", "9.0.0")):
        assert not storage.exists(*arguments)
        with pytest.raises(PromptNotFoundError):
            storage.load(*arguments)
        with pytest.raises(PromptNotFoundError):
            storage.delete(*arguments)


def test_a_list_has_each_prompt_once_by_id_and_filters_by_tags_and_status(storage: Storage) -> None:
    storage.save(text_prompt("b", metadata={"tags": ["x", "y"]}))
    storage.save(text_prompt("a", status="active", metadata={"tags": ["x"]}))
    storage.save(text_prompt("a", version="1.1.0", status="active", metadata={"tags": ["x"]}))
    assert [(prompt.id, prompt.version) for prompt in storage.list()] == [("a", "1.1.0"), ("b", "1.0.0")]
    assert [prompt.id for prompt in storage.list(tags=["x", "y"])] == ["b"]
    assert [prompt.id for prompt in storage.list(status="active")] == ["a"]


def test_deleting_a_prompt_removes_all_of_it(storage: Storage) -> None:
    storage.save(text_prompt())
    storage.save(text_prompt(version="2.0.0"))
    storage.delete("greeting")
    assert not storage.exists("greeting")
    assert storage.list() == []


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_deleting_the_current_version_makes_the_highest_left_the_current_one(kind: str, folder: Path) -> None:
    storage: Storage = InMemoryStorage() if kind == "memory" else FileSystemStorage(folder)
    for version in ("1.0.0", "1.2.0", "1.10.0"):
        storage.save(text_prompt(version=version))
    storage.delete("greeting", "1.10.0")
    assert storage.load("greeting").version == "1.2.0"
    storage.delete("greeting", "1.0.0")
    storage.delete("greeting", "1.2.0")
    assert not storage.exists("greeting")


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_saving_an_older_version_leaves_the_newer_one_current(kind: str, folder: Path) -> None:
    storage: Storage = InMemoryStorage() if kind == "memory" else FileSystemStorage(folder)
    storage.save(text_prompt(version="2.0.0"))
    storage.save(text_prompt(version="1.0.0"))
    assert storage.load("greeting").version == "2.0.0"
    assert storage.load("greeting", "1.0.0").version == "1.0.0"


def test_memory_gives_copies() -> None:
    storage = InMemoryStorage()
    prompt = text_prompt()
    storage.save(prompt)
    prompt.bump_version()
    storage.load("greeting").metadata.tags.append("changed")
    assert storage.load("greeting").version == "1.0.0"
    assert storage.load("greeting").metadata.tags == []


@pytest.mark.parametrize(
    "identifier",
    ["../evil", "../../evil", "/evil", "a/b", "..", ".", "a\\b", "a.b.c", "x.yaml", "é" * 255, "/" * 255],
    ids=ascii,
)
def test_a_prompt_with_an_odd_id_stays_in_the_folder(identifier: str, folder: Path) -> None:
    outer = folder.parent.parent
    storage = FileSystemStorage(folder)
    before = {path for path in outer.rglob("*") if folder not in path.parents}
    storage.save(text_prompt(identifier))
    assert storage.load(identifier).id == identifier
    assert storage.load(identifier, "1.0.0").id == identifier
    assert [prompt.id for prompt in storage.list()] == [identifier]
    assert {path for path in outer.rglob("*") if folder not in path.parents} == before
    storage.delete(identifier)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "prompt",
    [text_prompt("nul\x00byte"), text_prompt(metadata={"custom": {"a": 10**30}})],
    ids=["control character", "number beyond 64 bits"],
)
def test_what_could_not_be_read_again_is_not_written(prompt: Prompt, folder: Path) -> None:
    with pytest.raises(StorageWriteError):
        FileSystemStorage(folder).save(prompt)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        "yes",
        "1.0",
        "null",
        "~",
        "'",
        '"',
        "|",
        "x: y",
        "# c",
        "- a",
        "\x85x",
        "\ufeffx",
        "x\u2028y",
        "  a\n\tb \n\n c  \n",
        "\\n",
        "😀",
    ],
)
def test_every_content_is_the_same_after_it_is_read_again(content: str, folder: Path) -> None:
    FileSystemStorage(folder).save(text_prompt(content=content))
    template = FileSystemStorage(folder).load("greeting").template
    assert template is not None and template.content == content


def test_line_ends_of_other_systems_are_line_feeds_in_files(folder: Path) -> None:
    FileSystemStorage(folder).save(text_prompt(content="a\r\nb\rc"))
    template = FileSystemStorage(folder).load("greeting").template
    assert template is not None and template.content == "a\nb\nc"


@pytest.mark.parametrize("version", ["../../../secret", "/secret", "..", "1.0.0/../../x", "\x00"], ids=ascii)
def test_a_version_is_no_path(version: str, folder: Path) -> None:
    (folder.parent / "secret.yaml").write_text(FLAT)
    storage = FileSystemStorage(folder)
    storage.save(text_prompt())
    with pytest.raises(PromptNotFoundError):
        storage.load("greeting", version)
    with pytest.raises(PromptNotFoundError):
        storage.delete("greeting", version)
    assert (folder.parent / "secret.yaml").exists()


def test_a_plain_id_has_a_file_of_its_name_and_one_for_each_version(folder: Path) -> None:
    storage = FileSystemStorage(str(folder))
    storage.save(text_prompt())
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert names == ["greeting.yaml", "greeting/_versions/1.0.0.yaml"]


def test_ids_that_end_like_files_do_not_get_in_the_way_of_each_other(folder: Path) -> None:
    storage = FileSystemStorage(folder)
    for identifier in ("x.yaml", "x", "x.yaml.yaml"):
        storage.save(text_prompt(identifier))
    assert [prompt.id for prompt in storage.list()] == ["x", "x.yaml", "x.yaml.yaml"]


def test_a_file_that_cannot_be_replaced_keeps_its_old_text(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = FileSystemStorage(folder)
    storage.save(text_prompt())
    before = (folder / "greeting.yaml").read_text()

    def refuse(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StorageWriteError, match="no space left"):
        storage.save(text_prompt(version="2.0.0"))
    assert (folder / "greeting.yaml").read_text() == before
    assert [path.name for path in folder.rglob("*.tmp")] == []


def test_readers_never_see_half_a_file(folder: Path) -> None:
    storage = FileSystemStorage(folder, save_version_snapshots=False)
    reader = FileSystemStorage(folder)
    contents = ["short", "long " * 20_000]
    storage.save(text_prompt(content=contents[0]))
    finished = threading.Event()

    def write() -> None:
        for number in range(20):
            storage.save(text_prompt(content=contents[number % 2]))
        finished.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not finished.is_set():
        template = reader.load("greeting").template
        assert template is not None and template.content in contents
    writer.join()


def test_a_file_of_several_prompts_is_read_like_files_of_one(folder: Path) -> None:
    (folder / "all.yaml").write_text(WRAPPER)
    (folder / "three.yml").write_text(FLAT)
    storage = FileSystemStorage(folder)
    assert [prompt.id for prompt in storage.list()] == ["one", "three", "two"]
    assert storage.load("two").id == "two"
    assert storage.load("three").id == "three"


def test_a_file_of_its_own_goes_before_a_place_among_others(folder: Path) -> None:
    (folder / "zzz.yaml").write_text(WRAPPER)
    storage = FileSystemStorage(folder)
    storage.save(text_prompt("one", content="mine"))
    for prompt in (storage.load("one"), storage.list()[0]):
        assert prompt.template is not None and prompt.template.content == "mine"


def test_a_file_with_the_other_extension_is_written_where_it_is(folder: Path) -> None:
    (folder / "three.yml").write_text(FLAT)
    storage = FileSystemStorage(folder)
    storage.save(text_prompt("three", version="2.0.0"))
    assert [(prompt.id, prompt.version) for prompt in storage.list()] == [("three", "2.0.0")]
    assert storage.load("three").version == "2.0.0"
    assert not (folder / "three.yaml").exists()


def test_of_two_files_with_the_name_of_a_prompt_loading_and_listing_take_the_same(folder: Path) -> None:
    (folder / "three.yml").write_text(FLAT)
    (folder / "three.yaml").write_text(FLAT + "version: 2.0.0\n")
    storage = FileSystemStorage(folder)
    assert storage.load("three").version == storage.list()[0].version == "2.0.0"
    storage.delete("three")
    assert list(folder.iterdir()) == []


def test_saving_and_deleting_leave_the_other_prompts_of_a_file(folder: Path) -> None:
    (folder / "one.yaml").write_text(WRAPPER)
    storage = FileSystemStorage(folder)
    storage.save(text_prompt("one", version="2.0.0"))
    assert [(prompt.id, prompt.version) for prompt in storage.list()] == [("one", "2.0.0"), ("two", "1.0.0")]
    storage.delete("one")
    assert [prompt.id for prompt in storage.list()] == ["two"]
    storage.delete("two")
    assert storage.list() == []


def test_a_file_that_holds_another_prompt_is_not_overwritten(folder: Path) -> None:
    (folder / "one.yaml").write_text(FLAT)
    storage = FileSystemStorage(folder)
    assert not storage.exists("one")
    storage.save(text_prompt("one"))
    assert [prompt.id for prompt in storage.list()] == ["one", "three"]


def test_a_snapshot_in_json_of_an_older_program_is_read(folder: Path) -> None:
    path = folder / "greeting" / "_versions" / "0.9.0.json"
    path.parent.mkdir(parents=True)
    path.write_text(text_prompt(version="0.9.0").model_dump_json())
    assert FileSystemStorage(folder).load("greeting", "0.9.0").version == "0.9.0"


def test_a_damaged_file_is_a_read_error_and_missing_from_lists(folder: Path) -> None:
    (folder / "bad.yaml").write_text("id: [")
    storage = FileSystemStorage(folder)
    storage.save(text_prompt())
    with pytest.raises(StorageReadError):
        storage.load("bad")
    assert [prompt.id for prompt in storage.list()] == ["greeting"]
    storage.delete("bad")
    assert not (folder / "bad.yaml").exists()


def test_a_time_without_a_zone_stays_readable(folder: Path) -> None:
    (folder / "old.yaml").write_text(FLAT.replace("three", "old") + "created_at: '2024-01-02T03:04:05.000006'\n")
    created = FileSystemStorage(folder).load("old").created_at
    assert created.isoformat() == "2024-01-02T03:04:05.000006"


def test_the_loader_reads_both_shapes_and_counts(folder: Path) -> None:
    (folder / "all.yaml").write_text(WRAPPER)
    (folder / "three.yml").write_text(FLAT)
    (folder / "bad.yaml").write_text("prompts: []")
    registry = PromptRegistry()
    loader = YAMLLoader(registry)
    assert loader.load_file(folder / "all.yaml").metadata == {"team": "search"}
    assert loader.import_to_registry(str(folder / "three.yml")) == 1
    assert loader.import_directory_to_registry(folder) == 3
    assert registry.count() == 3
    with pytest.raises(ValueError, match="registry"):
        YAMLLoader().import_to_registry(folder / "all.yaml")


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("a: [", SchemaParseError, "Invalid YAML syntax"),
        ("", SchemaValidationError, "Empty"),
        ("prompts: []", SchemaValidationError, "at least one"),
        ("- 1", SchemaValidationError, "Failed to validate"),
        (WRAPPER.replace("two", "one"), SchemaValidationError, "unique"),
        ("a: 1\n---\nb: 2", SchemaParseError, "Invalid YAML"),
        ("x: !!python/object/apply:os.getcwd []", SchemaParseError, "tag"),
    ],
)
def test_the_loader_says_what_is_wrong_with_a_file(text: str, error: type[Exception], words: str, folder: Path) -> None:
    (folder / "file.yaml").write_text(text)
    with pytest.raises(error, match=words):
        YAMLLoader().load_file(folder / "file.yaml")


def test_a_file_that_is_not_there_is_a_validation_error(folder: Path) -> None:
    with pytest.raises(SchemaValidationError):
        YAMLLoader().load_file(folder / "absent.yaml")


def test_the_example_file_can_be_loaded(folder: Path) -> None:
    YAMLLoader.create_example_yaml(folder / "example.yaml")
    assert [prompt.id for prompt in YAMLLoader().load_file(folder / "example.yaml").prompts] == ["greeting", "support"]
