"""The history of prompts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from promptsync.library import PromptNotFoundError, PromptVersion, VersionError, VersionNotFoundError, VersionStore
from promptsync.library.version_numbers import parse_version

from .library_prompts import chat_prompt, text_prompt

DAY = datetime(2024, 1, 1, tzinfo=timezone.utc)


def store_of(*versions: str, path: Path | None = None) -> VersionStore:
    """Give a store with these versions of a prompt, a day apart."""
    store = VersionStore(path)
    for number, version in enumerate(versions):
        store.save_version(
            PromptVersion(
                prompt=text_prompt(version=version),
                version=version,
                created_at=DAY + timedelta(days=number),
                changelog=f"to {version}",
            )
        )
    return store


def test_versions_come_highest_first() -> None:
    store = store_of("1.0.0", "1.10.0", "1.9.0")
    assert [version.version for version in store.list_versions("greeting")] == ["1.10.0", "1.9.0", "1.0.0"]
    assert store.get_latest("greeting").version == "1.10.0"
    assert store.get_version("greeting", "1.9.0").changelog == "to 1.9.0"


def test_what_is_not_there_is_not_found() -> None:
    store = store_of("1.0.0")
    with pytest.raises(VersionNotFoundError, match="Version '2.0.0' not found for prompt 'greeting'"):
        store.get_version("greeting", "2.0.0")
    for ask in (store.list_versions, store.get_latest, store.get_history, store.get_changelog):
        with pytest.raises(PromptNotFoundError):
            ask("absent")


def test_a_period_includes_its_ends_with_and_without_a_zone() -> None:
    store = store_of("1.0.0", "1.0.1", "1.0.2")

    def found(since: datetime | None, until: datetime | None) -> list[str]:
        return [version.version for version in store.get_history("greeting", since=since, until=until)]

    for zone in (timezone.utc, None):
        second = (DAY + timedelta(days=1)).replace(tzinfo=zone)
        assert found(second, None) == ["1.0.2", "1.0.1"]
        assert found(None, second) == ["1.0.1", "1.0.0"]
        assert found(second, second) == ["1.0.1"]
    east = (DAY + timedelta(days=1)).astimezone(timezone(timedelta(hours=9)))
    assert found(east, east) == ["1.0.1"]


@pytest.mark.parametrize(
    ("low", "high", "versions"),
    [
        (None, None, ["1.10.0", "1.1.0", "1.0.1", "1.0.0"]),
        ("1.0.1", None, ["1.10.0", "1.1.0", "1.0.1"]),
        (None, "1.0.1", ["1.0.1", "1.0.0"]),
        ("1.0.1", "1.1.0", ["1.1.0", "1.0.1"]),
        ("1.0.0", "1.10.0", ["1.10.0", "1.1.0", "1.0.1", "1.0.0"]),
        ("1.1.1", "1.9.9", []),
        ("2.0.0", None, []),
    ],
)
def test_a_changelog_runs_from_one_version_to_another(low: str | None, high: str | None, versions: list[str]) -> None:
    entries = store_of("1.0.0", "1.0.1", "1.1.0", "1.10.0").get_changelog("greeting", low, high)
    assert [entry["version"] for entry in entries] == versions


def test_a_changelog_has_only_versions_about_which_something_was_said() -> None:
    store = store_of("1.0.0")
    store.save_version(PromptVersion(prompt=text_prompt(version="1.0.1"), version="1.0.1"))
    assert store.get_changelog("greeting") == [
        {
            "version": "1.0.0",
            "created_at": "2024-01-01T00:00:00+00:00",
            "created_by": None,
            "changelog": "to 1.0.0",
            "parent_version": None,
        }
    ]
    with pytest.raises(VersionError):
        store.get_changelog("greeting", "one")


def test_a_comparison_says_what_changed() -> None:
    store = store_of("1.0.0")
    changed = text_prompt(version="2.0.0", content="Other", status="active", metadata={"author": "me"})
    for prompt in (text_prompt(version="1.0.1"), changed, chat_prompt("greeting", version="3.0.0")):
        store.save_version(PromptVersion(prompt=prompt, version=prompt.version))
    same = store.compare_versions("greeting", "1.0.0", "1.0.1")
    assert same == {
        "versions": {"from": "1.0.0", "to": "1.0.1"},
        "checksums_differ": False,
        "status_changed": False,
        "template_changed": False,
        "metadata_changed": False,
    }
    other = store.compare_versions("greeting", "1.0.0", "2.0.0")
    assert all(other[key] for key in other)
    assert store.compare_versions("greeting", "1.0.0", "3.0.0")["template_changed"]
    with pytest.raises(VersionNotFoundError):
        store.compare_versions("greeting", "1.0.0", "9.0.0")


def test_what_was_saved_does_not_change_afterwards() -> None:
    store = VersionStore()
    prompt = text_prompt()
    store.save_version(PromptVersion(prompt=prompt, version="1.0.0"))
    prompt.bump_version()
    store.get_version("greeting", "1.0.0").prompt.bump_version("major")
    assert store.get_version("greeting", "1.0.0").prompt.version == "1.0.0"


def test_another_store_reads_the_files_once_however_often_it_is_asked(tmp_path: Path) -> None:
    first = store_of("1.0.0", "1.0.1", path=tmp_path)
    (tmp_path / "damaged.json").write_text("{")
    second = VersionStore(str(tmp_path))
    assert second.load_from_storage() == second.load_from_storage() == 2
    assert second.list_versions("greeting") == first.list_versions("greeting")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "damaged.json",
        "greeting_1.0.0.json",
        "greeting_1.0.1.json",
    ]
    assert VersionStore().load_from_storage() == 0


@pytest.mark.parametrize("identifier", ["../evil", "/evil", "a/b", "a\x00b", "é" * 255], ids=ascii)
def test_the_history_of_an_odd_id_stays_in_the_folder(identifier: str, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    store = VersionStore(folder)
    store.save_version(PromptVersion(prompt=text_prompt(identifier), version="1.0.0"))
    assert [path.parent for path in tmp_path.rglob("*.json")] == [folder]
    again = VersionStore(folder)
    again.load_from_storage()
    assert again.get_latest(identifier).prompt.id == identifier


def test_a_file_of_an_older_program_gets_a_checksum_of_its_content(tmp_path: Path) -> None:
    version = PromptVersion(prompt=text_prompt(), version="1.0.0", created_at=datetime(2024, 1, 1), checksum="0" * 64)
    (tmp_path / "greeting_1.0.0.json").write_text(version.model_dump_json())
    store = VersionStore(tmp_path)
    store.load_from_storage()
    new = store_of("1.0.1").get_latest("greeting")
    assert store.get_latest("greeting").checksum == new.checksum
    assert len(store.get_history("greeting", since=DAY)) == 1


def test_versions_are_numbers() -> None:
    with pytest.raises(ValueError, match=r"1\.2\.3"):
        parse_version("1.0")
